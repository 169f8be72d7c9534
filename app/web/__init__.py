"""HTTP: media, downloads, health, headers, cookies."""
