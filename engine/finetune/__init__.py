"""Fine-tuning: approved calls become examples, examples a model, and a model is compared before it is used."""
