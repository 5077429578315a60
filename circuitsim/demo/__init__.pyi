from .job import DemoResult as DemoResult
from .job import run_demo as run_demo
from .write import report_content as report_content
from .write import summary as summary
from .write import write_results as write_results
