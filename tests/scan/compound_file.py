"""Writes OLE containers for tests, after [MS-CFB]: large streams in sectors, small ones in the mini stream."""

import struct

SECTOR = 512
END, FREE, FATSECT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(streams):
    """Return a container of `{"Storage/Stream": bytes}`."""
    entries = [["Root Entry", 5, FREE, FREE, FREE, END, 0]]  # name, kind, left, right, child, start, size
    folders = {"": 0}
    sectors: list[bytes] = []
    fat: list[int] = []

    def add(parent, name, kind, start, size):
        entries.append([name, kind, FREE, FREE, FREE, start, size])
        number = len(entries) - 1
        at = entries[parent][4]
        if at == FREE:
            entries[parent][4] = number
        else:
            while entries[at][3] != FREE:
                at = entries[at][3]
            entries[at][3] = number
        return number

    def chained(data):
        chunks = [data[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(data), SECTOR)]
        start = len(sectors)
        sectors.extend(chunks)
        fat.extend([*range(start + 1, start + len(chunks)), END])
        return start

    small, chain = b"", []
    for path, data in streams.items():
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = add(0, folder, 1, 0, 0)
        if len(data) < 4096:
            start, count = len(small) // 64, max(-(-len(data) // 64), 1)
            small += data.ljust(count * 64, b"\0")
            chain += [*range(start + 1, start + count), END]
        else:
            start = chained(data)
        add(folders[folder], name, 2, start, len(data))
    if small:
        entries[0][5:] = [chained(small), len(small)]
        links = b"".join(struct.pack("<I", n) for n in chain)
        links = links.ljust(-(-len(links) // SECTOR) * SECTOR, b"\xff")
    mini = (chained(links), len(links) // SECTOR) if small else (END, 0)
    while len(entries) % 4:
        entries.append(["", 0, FREE, FREE, FREE, 0, 0])
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBBIII", 2 * len(name) + 2 if name else 0, kind, 1, left, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
        for name, kind, left, right, child, start, size in entries
    )
    first = len(sectors)
    chunks = [directory[at : at + SECTOR] for at in range(0, len(directory), SECTOR)]
    sectors += chunks
    fat += [*range(first + 1, first + len(chunks)), END]
    tables = 1
    while (len(fat) + tables) * 4 > tables * SECTOR:
        tables += 1
    places = list(range(len(sectors), len(sectors) + tables))
    fat += [FATSECT] * tables
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(tables * SECTOR, b"\xff")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, first, 0, 4096, *mini, END, 0)
        + b"".join(struct.pack("<I", n) for n in places).ljust(436, b"\xff")
    )
    return header + b"".join(sectors) + table


def word(*pieces):
    """Return a Word document whose text stands in pieces: `str` as UTF-16, `bytes` as one byte a character."""
    return compound(word_streams(*pieces))


def word_streams(*pieces):
    """Return the streams of such a document."""
    main, offsets, position = bytearray(2048), [0], 0
    descriptors = b""
    for piece in pieces:
        at = len(main)
        position += len(piece)
        offsets.append(position)
        if isinstance(piece, bytes):
            main += piece
            place = (at * 2) | 1 << 30
        else:
            main += piece.encode("utf-16-le")
            place = at
        descriptors += struct.pack("<HIH", 0, place, 0)
    plc = b"".join(struct.pack("<I", n) for n in offsets) + descriptors
    clx = b"\x01\x02\x00ab" + b"\x02" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<H", main, 0x0A, 0x0200)
    struct.pack_into("<II", main, 0x01A2, 8, len(clx))
    return {"WordDocument": bytes(main), "1Table": bytes(8) + clx}


def powerpoint(*texts):
    """Return a presentation with one text atom each, `bytes` as a narrow one, inside one container."""
    atoms = b""
    for text in texts:
        wide = isinstance(text, str)
        data = text.encode("utf-16-le") if wide else text
        atoms += struct.pack("<HHI", 0, 0x0FA0 if wide else 0x0FA8, len(data)) + data
    return compound({"PowerPoint Document": struct.pack("<HHI", 0x0F, 0x03EE, len(atoms)) + atoms})


def outlook(body, attachments, **more):
    """Return a message with a body, attachments by name, and more streams."""
    streams = {
        "__properties_version1.0": bytes(32),
        "__substg1.0_0037001F": "Subject".encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
    }
    for number, (name, data) in enumerate(attachments.items()):
        folder = f"__attach_version1.0_#{number:08X}"
        streams[f"{folder}/__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{folder}/__substg1.0_37010102"] = data
    return compound({**streams, **more})
