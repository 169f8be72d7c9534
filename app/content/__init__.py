"""Data and words: communes, topics, spoken letters, mail templates."""
