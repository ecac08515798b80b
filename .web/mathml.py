"""Mathematics as MathML, which browsers draw themselves."""

from latex2mathml.converter import convert


def inline(writer, node):
    """A formula within a line."""
    writer.body.append(convert(node.astext()))
    raise_skip()


def block(writer, node):
    """A formula on a line of its own."""
    writer.body.append(f"<p>{convert(node.astext(), display='block')}</p>")
    raise_skip()


def raise_skip():
    """The formula is written; Sphinx has nothing to add."""
    from docutils.nodes import SkipNode

    raise SkipNode


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
