"""Package metadata; tool settings are in pyproject.toml."""

import pathlib
import re

import setuptools

ROOT = pathlib.Path(__file__).parent
MAPPED = ("components", "pipelines", "configs")


def version():
    """Reads the version without importing the package."""
    text = (ROOT / "tfkd/__init__.py").read_text()
    return re.search(r'__version__ = "(.+)"', text).group(1)


def packages():
    """`tfkd`, and the top-level folders as sub-packages of it."""
    found = setuptools.find_packages(include=["tfkd", "tfkd.*"])
    for folder in MAPPED:
        found.append(f"tfkd.{folder}")
        found += [
            f"tfkd.{folder}.{name}"
            for name in setuptools.find_packages(where=folder)
        ]
    return found


setuptools.setup(
    name="tfkd",
    version=version(),
    description="Knowledge distillation for Keras: from the papers to the "
    "phone.",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.13",
    packages=packages(),
    package_dir={f"tfkd.{folder}": folder for folder in MAPPED},
    package_data={
        "tfkd": ["methods/*.csv", "report/*.html", "report/*.css"],
        "tfkd.pipelines.metadata": ["*.sql"],
    },
    install_requires=[
        "absl-py",
        "apache-beam>=2.77",
        "google-crc32c",
        "importlib_resources",
        "keras>=3.15,<3.16",
        "ml-collections",
        "numpy",
        "pillow",
        "psutil",
        "rich",
        "tensorflow>=2.21,<2.22",
        "tensorflow-datasets>=4.9.10",
        "tensorflow-metadata",
        "tensorflow-model-optimization>=0.8.1",
        "tf-keras>=2.21,<2.22",
    ],
    extras_require={
        "tflite": ["ai-edge-litert>=2.3", "backports.strenum<1.3"],
        "data": ["scikit-learn"],
        "dask": ["dask>=2026.8", "distributed>=2026.8"],
        "report": ["jinja2", "matplotlib", "scipy"],
        "kfp": ["kfp>=2.16,<2.17"],
        "dev": ["build", "jax", "pytest", "pytest-xdist", "ruff"],
    },
    entry_points={"console_scripts": ["tfkd = tfkd.pipelines.cli:main"]},
)
