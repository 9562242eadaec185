"""``triage train-screener``: train what tells frontal chest films from everything else."""

from pathlib import Path
from typing import Annotated

import typer

from triage.infer.screener import Origin, save_screener
from triage.train.material import limits_of, read_material
from triage.train.screener import Recipe, train

USUAL = Recipe()


def train_screener(
    folder: Annotated[Path, typer.Argument(help="Folder with labels.csv and frontal films.")],
    *,
    to: Annotated[Path, typer.Option(help="Folder of the new screener.")],
    accepted: Annotated[Path | None, typer.Option(help="PNG drawings that must pass.")] = None,
    refused: Annotated[Path | None, typer.Option(help="PNG drawings to be refused.")] = None,
    steps: Annotated[int, typer.Option(min=20)] = USUAL.steps,
    seed: Annotated[int, typer.Option(min=0)] = USUAL.seed,
) -> None:
    """Train the screener on frontal films, on what is made of them, and on drawings.

    Each limit is set so that it refuses one to three in a thousand films of patients left
    out of training. ``measured`` in the card is for whoever measures it on real negatives.
    """
    found = read_material(folder, accepted=accepted, refused=refused)
    recipe = Recipe(steps=steps, seed=seed)
    network = train(found.material, recipe, tell=_tell)
    training = Origin(
        recipe=str(recipe),
        films=len(found.material.films),
        sources=found.sources,
        measured="not yet on real negatives",
    )
    save_screener(to, network, limits=limits_of(network, found.held), training=training)
    print(to)


def _tell(step: int, loss: float) -> None:
    if step % 100 == 0:
        print(f"step={step} loss={loss:.4f}")
