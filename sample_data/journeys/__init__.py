"""What happens to the patients in the hospital: visits, stays and follow-up contacts."""
