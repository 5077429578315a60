"""`circuitsim explore`: the designs of a space that nothing beats, found with few points and confirmed by ngspice."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from circuitsim.cli.campaign import Workers, campaign_engine
from circuitsim.cli.certificate import DOES_NOT_HOLD
from circuitsim.cli.explore_words import exploration_in_words, step_in_words
from circuitsim.cli.options import Out
from circuitsim.cli.output import Json, announce, print_result, progress_steps, replaces

if TYPE_CHECKING:
    from circuitsim.campaign import ExplorationStep

FAILED = 3  # exit code, as of a campaign of which points failed
FILES = ("exploration.nc", "exploration.json", "report.html")


@replaces(lambda out: [out / name for name in FILES])
def explore(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The exploration, a TOML file; its keys: circuitsim schema --exploration."),
    ],
    out: Out = Path("out/exploration"),
    grid: Annotated[
        bool,
        typer.Option(
            "--grid", help="Also measure every place of the space, and say how much of its front the exploration found."
        ),
    ] = False,
    workers: Workers = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers measure, such as tcp://host:8786."),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Measure again the points that failed.")] = False,
    as_json: Json = False,
) -> None:
    """Find the best designs of a space at a cheap level, and confirm the finalists, for example by ngspice.

    Points are kept in the folder as those of a campaign: you can stop and resume at any time. Exit code 3: a place
    or a finalist failed, whatever was found beside it; 1: nothing keeps the limits, or no finalist is confirmed.
    """
    from circuitsim import campaign
    from circuitsim.report import write_exploration_report

    exploration = campaign.load_exploration(file)
    engine = campaign_engine(workers, scheduler)
    with progress_steps("explore", quiet=as_json) as moved:

        def told(step: "ExplorationStep") -> None:
            moved(step.step, step.done, step.total, step_in_words(step, exploration))

        found = campaign.explore(
            exploration, file.parent, out, engine=engine, retry_failed=retry_failed, grid=grid, progress=told
        )
    labelled, plain = campaign.save_exploration(found, out)
    page = write_exploration_report(out, found)
    files = {"nc": str(labelled), "json": str(plain), "report": str(page)}
    content = campaign.exploration_content(found) | {"files": files}
    words = exploration_in_words(found)
    if not found.front.any():  # said once, where errors are
        announce(f"circuitsim: {words.pop(0)}")
    print_result(content, [*words, *(f"{name}: {path}" for name, path in files.items())], as_json)
    if found.failures or any(each.state == "failed" for each in found.finalists):
        raise typer.Exit(FAILED)
    if not found.front.any():
        raise typer.Exit(DOES_NOT_HOLD)
    if found.finalists and not any(each.state == "confirmed" for each in found.finalists):
        raise typer.Exit(DOES_NOT_HOLD)
