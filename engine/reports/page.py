"""The reports there are: of one call, of several, of an evaluation. Each gives a whole HTML file as text."""

from engine.reports.call_page import call_page as call_page, calls_page as calls_page
from engine.reports.run_page import run_page as run_page
