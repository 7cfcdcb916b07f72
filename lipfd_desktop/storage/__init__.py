"""What is kept between two runs: records as files, and a bounded folder of them."""
