# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx's configuration, and the directive that makes tables of the drivers' features."""
import configparser
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

project = "dpdk-iommufd"
copyright = "the authors of dpdk-iommufd"
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "sidebar_width": "260px"}
html_show_copyright = False
html_show_sphinx = False
highlight_language = "none"
numfig = True

GUIDES = Path(__file__).parent


def read_features(path):
    """A section of an .ini file, with names as they are written."""
    config = configparser.ConfigParser()
    config.optionxform = str
    config.read(path)
    return dict(config["Features"])


class FeatureTable(Directive):
    """Which driver has which feature, from the .ini files of a directory.

    As DPDK's tables: default.ini has the names that there are, in their order.
    """
    required_arguments = 1  # the directory
    optional_arguments = 1  # the caption
    final_argument_whitespace = True

    def run(self):
        environment = self.state.document.settings.env
        paths = sorted((GUIDES / self.arguments[0]).glob("*.ini"))
        for path in paths:
            environment.note_dependency(str(path))
        features = {path.stem: read_features(path) for path in paths}
        names = features.pop("default")
        for driver, has in features.items():
            for unknown in has.keys() - names.keys():
                raise self.error(f"{driver}.ini: default.ini has no feature {unknown!r}")
        rows = [["Feature", *features]]
        rows += [[name, *(has.get(name, "") for has in features.values())] for name in names]
        lines = [f".. csv-table:: {self.arguments[1]}", "   :header-rows: 1", ""]
        lines += ["   " + ", ".join(f'"{cell}"' for cell in row) for row in rows]
        parent = nodes.Element()
        self.state.nested_parse(StringList(lines, source=str(paths[0])), 0, parent)
        return parent.children


def write_depfile(app, _exception):
    """What the pages were made of, for ninja."""
    if not app.config.depfile:
        return
    made_of = {str(Path(app.srcdir) / "conf.py")}
    for page in app.env.found_docs:
        made_of.add(str(app.env.doc2path(page)))
        made_of |= {str(Path(app.srcdir, found)) for found in app.env.dependencies[page]}
    target, depfile = app.config.depfile.split(",")
    Path(depfile).write_text(f"{target}: {' '.join(sorted(made_of))}\n")


def setup(app):
    """Called by Sphinx."""
    app.add_config_value("depfile", "", "")
    app.add_directive("feature-table", FeatureTable)
    app.connect("build-finished", write_depfile)
