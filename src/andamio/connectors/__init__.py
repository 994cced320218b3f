"""Where the plant's rows come in: one file or folder for each way a plant hands them over.

Today it is the CSV file, as loggers, historians and spreadsheets write it (``connectors.csv``). The room
needs no more than the base install: the edge scores the same files that the plant server learns from.
"""
