"""The doors: the web workbench, the command line, studies, jobs, reports, access and languages."""
