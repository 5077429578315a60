"""The script of a SLURM array that runs a campaign: its jobs share one store, and need no other coordination."""

import math
import shlex
from pathlib import Path

from circuitsim.spec import Count, checked


@checked
def slurm_script(file: Path, store: Path, *, tasks: Count = 16, workers: Count = 1, memory: float | None = None) -> str:
    """Write the script of a SLURM array: each job takes points that no other has, until none is left.

    A job that ends early, or was ended, loses the points at work alone; submit the script again for the rest.

    Args:
        file: The campaign file.
        store: Folder of the results, on a file system that all nodes share.
        tasks: Number of jobs.
        workers: Number of processes, and of processors, of each job.
        memory: What each process may take [bytes]. A job asks for that of its workers and of the process that hands
            points to them; a point that wants more fails, and its job goes on. None: what the cluster gives.
    """
    asked = "" if memory is None else f"#SBATCH --mem={math.ceil((workers + 1) * memory / 2**20)}M\n"
    limit = "" if memory is None else f" --memory {memory:.0f}"
    run = f"circuitsim campaign run {shlex.quote(str(file.resolve()))} -o {shlex.quote(str(store.resolve()))}"
    return f"""#!/bin/bash
#SBATCH --job-name=circuitsim-campaign
#SBATCH --array=1-{tasks}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={workers}
{asked}#SBATCH --time=24:00:00
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1
{run} --workers {workers}{limit} --no-report
# when all jobs have ended: circuitsim campaign collect {shlex.quote(str(store.resolve()))}
"""
