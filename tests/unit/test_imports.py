from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_no_layer_imports_what_stands_above_it() -> None:
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS
