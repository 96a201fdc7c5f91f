"""The help of the command: laid out by hand, shown without importing anything; a test holds it to the options."""

from typing import Final

HELP: Final = """\
Usage: huepress PICTURE... [options]
       huepress palette | elbow | compare | report | check | serve
       (each has --help; a file or folder of such a name: ./NAME)

Makes pictures smaller by keeping only K colours, chosen by K-means over all pixels.

  huepress photo.png                   photo-hp.png, in up to 256 colours
  huepress photo.png -k 10,20          plain K-means: photo-k10.png, photo-k20.png and a table
  huepress photo.png -q 75             the smallest file of quality 75 or more
  huepress *.png --max-bytes 100kB -o small/    a folder of files of 100 kB at most
  huepress shots/ -r -o out/           a tree of folders; again: only what is new or changed
  huepress - -k 16 < in.png > out.png  from stdin to stdout

The common options:
  -k K[,K...]         number of colours, 1 to 256, a file for each (10,20 or 2-8); with -q or
                      --max-bytes at most K
  -q, --quality Q     the least SSIMULACRA2 of the result: 90 visually lossless, 70 high, 50 medium
      --max-bytes N   the most bytes of a file: 100kB (1000 bytes each), 64KiB (1024), 40000
  -o, --output PATH   the file to write, or the folder for several; - is stdout;
                      .tif and .zarr are written in chunks, for pictures beyond memory
  -f, --force         overwrite files, and write a result even if it is larger
      --in-place      replace the inputs
      --format F      png, webp (lossless) or gif; by default as -o is named, else png (an
                      animation keeps its own)
      --dither D      0 (default) to 1: strength of error diffusion
      --json          a line of JSON for each file on stdout, in place of the table
      --quiet         no table; only failures are told

Colours:
      --palette FILE  map to the colours in FILE (.gpl, .hex, .pal, .act, .json, .png)
      --fixed COLORS  colours to keep untouched, such as "#d40000,white"; they count towards K
      --effort E      fast, balanced or best: how long to search for better colours and, if
                      best, for fewer bytes (default: balanced with -k, else fast; with -r
                      fast, and then -k searches and packs quicker still)
      --space S       with -k: srgb (default) or oklab, where K-means measures distances
      --seed N        of the search; the same seed gives the same bytes (default 0)

Many pictures:
  -r, --recursive     take the pictures in folders too, and keep their tree in -o FOLDER
  -j, --jobs N        processors to use, for threads inside and between files (default: all)
      --dry-run       tell what would be written, and write nothing
      --scheduler ADDRESS   work on a Dask cluster (tcp://host:8786), which sees the same files
      --timeout S     give up a picture after so many seconds (default 900)

Files:
      --first-frame   take the first frame of a GIF, PNG or WebP animation, which keeps all
                      frames otherwise, or of the pages of a TIFF, which are refused otherwise
      --max-pixels N  refuse larger pictures (default 100MP), and tiny files whose frames together
                      are larger
      --keep-profile  keep the colour profile, instead of converting to sRGB (not in a GIF)
      --keep-hidden   keep the colours of fully transparent pixels
      --keep-metadata keep EXIF, XMP and text, as far as the format holds them
      --preserve      give the results the times of their inputs
      --strip         drop metadata; this is the default
      --threads N     processors to use (default: all); changes no result
      --version       print the version

Nothing is overwritten without --force. PICTURE may be - (stdin).
Exit codes: 0 done, 1 no picture named, 2 cannot read, 4 bad option or value, 15 would overwrite,
16 cannot write, 17 out of memory, 98 result would be larger than the input
(check: a picture is larger than it need be), 99 target out of reach, 130 interrupted.
"""
