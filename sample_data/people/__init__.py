"""Who the patients are: demography, diseases, treatment choices and how long they live."""
