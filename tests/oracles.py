"""Plain NumPy statements of what the kernel computes."""

import numpy as np


def distinct(colors):
    """The different ones of bytes (n, 3 or 4), and the place of each among them; by numbers, as rows take longer."""
    numbers = np.pad(colors, ((0, 0), (0, 4 - colors.shape[1]))).view(np.uint32).reshape(-1)
    found, places = np.unique(numbers, return_inverse=True)
    return found.view(np.uint8).reshape(-1, 4)[:, : colors.shape[1]], places


def distances(a, b):
    """(n, k) the project's distance between (n, 3|4) and (k, 3|4) colours, in float64."""
    a, b = (np.pad(c, ((0, 0), (0, 4 - c.shape[1])), constant_values=255).astype(np.float64) for c in (a, b))
    fa, fb = a[:, :3] * a[:, 3:] / 255, b[:, :3] * b[:, 3:] / 255
    black = ((fa[:, None] - fb) ** 2).sum(-1)
    white_a, white_b = fa + (255 - a[:, 3:]), fb + (255 - b[:, 3:])
    return (black + ((white_a[:, None] - white_b) ** 2).sum(-1)) / 2


def alpha_classes(colors):
    """0 transparent, 1 partial, 2 opaque."""
    if colors.shape[1] == 3:
        return np.full(len(colors), 2)
    return (colors[:, 3] > 0).astype(int) + (colors[:, 3] == 255)


def nearest(pixels, palette):
    """(n,) the nearest entry within the pixel's class, if the palette has it; ties to the lower index."""
    table = distances(pixels, palette)
    classes, entry_classes = alpha_classes(pixels), alpha_classes(palette)
    for number in np.intersect1d(classes, entry_classes):
        table[np.ix_(classes == number, entry_classes != number)] = np.inf
    return np.round(table, 6).argmin(1), table


def lloyd(points, weights, centers):
    """Lloyd's algorithm to its fixed point: centres, labels, inertia."""
    labels = None
    while True:
        new = ((centers**2).sum(1) - 2 * points @ centers.T).argmin(1)
        if labels is not None and (new == labels).all():
            return centers, labels, float((((points - centers[labels]) ** 2).sum(1) * weights).sum())
        labels = new
        sums = np.stack([np.bincount(labels, weights * points[:, d], len(centers)) for d in range(points.shape[1])], 1)
        totals = np.bincount(labels, weights, len(centers))[:, None]
        centers = np.where(totals > 0, sums / np.maximum(totals, 1), centers)


def ward(points, weights, k):
    """The inertia of k clusters that come of merging, again and again, the two that raise it least (Ward 1963)."""
    points, weights, inertia = points.astype(np.float64), weights.astype(np.float64), 0.0
    while len(points) > k:
        costs = ((points[:, None] - points) ** 2).sum(-1) / np.add.outer(1 / weights, 1 / weights)
        np.fill_diagonal(costs, np.inf)
        into, gone = np.unravel_index(costs.argmin(), costs.shape)
        inertia += costs[into, gone]
        points[into] = np.average(points[[into, gone]], 0, weights[[into, gone]])
        weights[into] += weights[gone]
        points, weights = np.delete(points, gone, 0), np.delete(weights, gone)
    return inertia


def symbols_of_lzw(codes, code_size):
    """The symbols that the codes of a GIF frame stand for (GIF89a, appendix F), and how many bits they take."""
    bits = int.from_bytes(codes, "little")
    clear, symbols, at, width, table, last = 1 << code_size, [], 0, code_size + 1, [], None
    while True:
        code = bits >> at & (1 << width) - 1
        at += width
        if code == clear:
            table, width, last = [(symbol,) for symbol in range(clear)] + [(), ()], code_size + 1, None
        elif code == clear + 1:
            return symbols, at
        else:
            if last is not None:
                table.append((*last, (table[code] if code < len(table) else last)[0]))
            last = table[code]
            symbols.extend(last)
            width = min(12, max(width, len(table).bit_length()))
