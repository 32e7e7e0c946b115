"""imageferry: golden images, declared once, carried to every region."""
