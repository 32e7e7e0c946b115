"""Types that come with installed packages: the page's example, and the packages of this folder."""
