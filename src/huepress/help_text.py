"""The help of the command: laid out by hand, shown without importing anything; a test holds it to the options."""

from typing import Final

HELP: Final = """\
Usage: huepress PICTURE... [options]
       huepress palette | elbow | compare | report ...    (each with --help; a file of that name: ./palette)

Makes pictures smaller by keeping only K colours, chosen by K-means over all pixels.

  huepress photo.png -k 10,20          photo-k10.png, photo-k20.png and a table that compares them
  huepress photo.png                   photo-hp.png, at most 256 colours
  huepress *.png -o small/             a folder of smaller files
  huepress - -k 16 < in.png > out.png  from stdin to stdout

The common options:
  -k K[,K...]         number of colours, 1 to 256; a file for each (10,20 or 2-8)
  -o, --output PATH   the file to write, or the folder for several; - is stdout
  -f, --force         overwrite files, and write a result even if it is larger
      --in-place      replace the inputs
      --format F      png, webp (lossless) or gif; by default as -o is named, else png
      --effort E      fast, balanced (default) or best: how long to search for better colours
      --dither D      0 (default) to 1: strength of error diffusion
      --json          a line of JSON for each file on stdout, in place of the table
      --quiet         no table; only failures are told
      --version       print the version

Colours:
      --palette FILE  map to the colours in FILE (.gpl, .hex, .pal, .act, .json, .png)
      --fixed COLORS  colours to keep untouched, such as "#d40000,white"; they count towards K
      --space S       srgb (default) or oklab: where K-means measures distances
      --seed N        of the search; the same seed gives the same bytes (default 0)

Files:
      --max-pixels N  refuse larger pictures (default 100MP)
      --keep-profile  keep the colour profile, instead of converting to sRGB
      --keep-hidden   keep the colours of fully transparent pixels
      --keep-metadata keep EXIF, XMP and text
      --preserve      give the results the times of their inputs
      --strip         drop metadata; this is the default
      --threads N     processors to use (default: all); changes no result

Nothing is overwritten without --force. PICTURE may be - (stdin).
Exit codes: 0 done, 1 no picture named, 2 cannot read, 4 bad option or value, 15 would overwrite,
16 cannot write, 17 out of memory, 98 result would be larger than the input, 130 interrupted.
"""
