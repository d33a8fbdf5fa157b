"""Fills the HTML templates of this folder in."""

import pathlib

FOLDER = pathlib.Path(__file__).parent


def render(name, filters=(), **content):
    """Returns a template's HTML, with the style sheet in it as `style`.

    Args:
        name: File name of the template.
        filters: Name to function, for use within it.
        **content: What the template shows. A name that it uses and that is
            missing here is an error.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    return environment.get_template(name).render(style=style, **content)
