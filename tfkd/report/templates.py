"""Fills HTML templates in, which extend this folder's `base.html`."""

import pathlib

FOLDER = pathlib.Path(__file__).parent


def render(path, filters=(), **content):
    """Returns a template's HTML, with the style sheet in it as `style`.

    Args:
        path: Of the template; a bare name is one of this folder.
        filters: Name to function, for use within it.
        **content: What the template shows. A name that it uses and that is
            missing here is an error.
    """
    import jinja2

    path = FOLDER / path
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([path.parent, FOLDER]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    style = (FOLDER / "style.css").read_text(encoding="utf-8")
    return environment.get_template(path.name).render(style=style, **content)
