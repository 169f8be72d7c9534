"""What the design fixes in numbers: contrast, type, motion, nothing fetched from elsewhere."""

import ast
import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "assets"
STYLES = (ASSETS / "guichet.css").read_text()
WITHOUT_COMMENTS = re.sub(r"/\*.*?\*/", "", STYLES, flags=re.S)


def tokens(dark: bool) -> dict[str, str]:
    light_rules, _, rest = WITHOUT_COMMENTS.partition("@media screen and (prefers-color-scheme: dark)")
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", light_rules)
    if dark:
        found += re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", rest.partition("\n}")[0])
    return dict(found)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_black_on_white_is_known() -> None:
    assert contrast("#000000", "#fff") == pytest.approx(21)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_colours_of_text_stand_out_from_every_ground_they_are_used_on(dark: bool) -> None:
    colours = tokens(dark)
    assert contrast(colours["brand"], colours["paper"]) >= 7
    for ground in ("paper", "paper-2", "paper-3", "brand-tint"):
        assert contrast(colours["ink"], colours[ground]) >= 7, ground
        assert contrast(colours["ink-soft"], colours[ground]) >= 4.5, ground
    for name in ("warm", "danger", "ok"):
        assert contrast(colours[name], colours[f"{name}-tint"]) >= 4.5, name
        assert contrast(colours["ink"], colours[f"{name}-tint"]) >= 7, name
    assert contrast(colours["on-brand"], colours["brand"]) >= 7
    assert contrast(colours["on-night-soft"], colours["night"]) >= 4.5
    # The border of a field is all that shows it (WCAG 1.4.11).
    assert contrast(colours["line-strong"], colours["paper"]) >= 3


def test_text_is_18_pixels_and_38_rem_wide_corners_6_pixels() -> None:
    for rule in ("--size-m: 1.125rem", "--text: 38rem", "--radius: 6px", "font: 400 var(--size-m)/"):
        assert rule in STYLES


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert re.findall(r"url\((?!\"/)", WITHOUT_COMMENTS) == []
    assert "http" not in WITHOUT_COMMENTS
    assert "@import" not in WITHOUT_COMMENTS


def test_there_are_no_gradients_and_no_shadow_but_for_what_lies_above() -> None:
    assert "gradient" not in WITHOUT_COMMENTS
    soft = re.findall(r"([^{}]+)\{[^{}]*box-shadow: (?!none|inset|0 0 0 )[^;]+;", WITHOUT_COMMENTS)
    assert {selector.strip().rpartition("\n")[2].strip() for selector in soft} <= {
        ".menu-panel:popover-open",
        "dialog",
        ".connection",
    }, soft


def test_motion_is_short_and_off_for_whoever_asks() -> None:
    seconds = [
        float(number) / (1000 if unit == "ms" else 1)
        for rule in re.findall(r"transition: ([^;]+);", WITHOUT_COMMENTS)
        for number, unit in re.findall(r"(?<![\w.])(\d*\.?\d+)(ms|s)\b", rule)
    ]
    assert all(one <= 0.2 for one in seconds)
    reduced = WITHOUT_COMMENTS.partition("prefers-reduced-motion: reduce")[2]
    assert "transition: none !important" in reduced
    assert "animation-duration: .01ms !important" in reduced


def test_light_and_dark_follow_the_system_and_paper_has_rules_of_its_own() -> None:
    assert "color-scheme: light dark" in STYLES
    assert "@media print" in STYLES
    assert set(tokens(dark=True)) == set(tokens(dark=False))


def test_dark_gives_colours_other_values_and_changes_nothing_else() -> None:
    """What is looked at in light need not be looked at again but for its colours."""
    for sheet in ASSETS.glob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.S)
        [(_, dark)] = re.findall(r"@media[^{]*(prefers-color-scheme)[^{]*\{(.*?)\n\}", rules, flags=re.S)
        inside = re.fullmatch(r"\s*:root \{(.*)\}\s*", dark, flags=re.S)
        assert inside, sheet
        for declaration in filter(None, map(str.strip, inside[1].split(";"))):
            assert re.fullmatch(r"--[\w-]+: #[0-9a-f]{3,6}", declaration), declaration
        assert "light-dark(" not in rules
    scripts = "".join(path.read_text() for path in ASSETS.glob("*.js"))
    assert "color-scheme" not in scripts


def test_the_screen_shows_things_in_the_order_of_the_source_but_for_the_row_that_ends_a_step() -> None:
    """The keyboard and a screen reader follow the source (WCAG 1.3.2, 2.4.3)."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", WITHOUT_COMMENTS)
    reversing = {
        selector.strip() for selector, rule in rules if re.search(r"-reverse|(?:^|[;\s])order:|[\s;]float:", rule)
    }
    assert reversing == {".actions.steps-row"}


def test_only_rows_with_the_step_before_are_such_rows() -> None:
    pages = ASSETS.parent / "app" / "pages"
    for path in pages.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            words = {each.value for each in ast.walk(call) if isinstance(each, ast.Constant)}
            if call.func.attr == "actions":
                assert not words & {"Étape précédente", "Effacer"}, f"{path.name}:{call.lineno}"
