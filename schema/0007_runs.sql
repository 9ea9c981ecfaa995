-- Which chunks have an image? Look-ups by tag and by digest find images first, and their places in a listing then.
CREATE INDEX chunk_run_image ON chunk_run (image_id);
