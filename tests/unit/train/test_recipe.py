from triage.domain.labels import LABELS
from triage.train.recipe import ARTICLE, PRESETS, RADIOGRAPH, Normals, Recipe


def test_the_articles_recipe_is_the_articles() -> None:
    assert (ARTICLE.architecture, ARTICLE.pixels, ARTICLE.batch) == ("densenet121", 224, 16)
    assert (ARTICLE.learning_rate, ARTICLE.momentum, ARTICLE.flipped) == (0.001, 0.9, 0.5)
    assert ARTICLE.labels == ("tumour", "inflammation")
    assert ARTICLE.normals is Normals.LEFT_OUT


def test_the_better_recipe_trains_heads_and_findings_together() -> None:
    assert PRESETS["radiograph"].labels == LABELS


def test_a_constant_rate_does_not_fall() -> None:
    assert {ARTICLE.rate_of(done) for done in (0.01, 0.5, 1.0)} == {0.001}


def test_a_falling_rate_rises_first() -> None:
    rates = [RADIOGRAPH.rate_of(done) for done in (0.01, 0.05, 0.5, 1.0)]

    assert rates[0] < rates[1] > rates[2] > rates[3]


def test_a_single_epoch_sees_films_at_their_full_size() -> None:
    assert Recipe(pixels=160, first_pixels=64, epochs=1).pixels_of(1) == 160


def test_an_input_is_never_larger_than_the_last() -> None:
    small = Recipe(pixels=32, first_pixels=64, epochs=4)

    assert [small.pixels_of(epoch) for epoch in range(1, 5)] == [32] * 4


def test_a_first_input_that_is_not_smaller_is_none() -> None:
    asked = [Recipe(pixels=64, first_pixels=first).settled() for first in (32, 64, 112)]

    assert [recipe.first_pixels for recipe in asked] == [32, 0, 0]
