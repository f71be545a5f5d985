"""What drives the pipeline: blocks are parsed, merged, judged and stored, in one transaction."""
