"""Why a distillation helps or does not: measured, drawn, recommended.

`examples` and `outputs` read data and models; `similarity`, `gradients` and
`measure` take the numbers; `rules` derives recommendations from them; `page`
and `figures` draw. Keras is imported when models are read, matplotlib when
the page is drawn.
"""
