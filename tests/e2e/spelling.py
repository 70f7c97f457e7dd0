"""The same JSON, written in the many ways that a client has."""

import random
import re

UNWRITTEN = re.compile(r'["\\\x00-\x1f]')


class Raw(str):
    """JSON as it stands: a number in some notation, a million brackets."""


class Members(list):
    """An object as pairs, so that a name may come twice."""


def lower_hex(char):
    return f"\\u{ord(char):04x}"


def upper_hex(char):
    return f"\\u{ord(char):04X}"


def solidus(char):
    return "\\/" if char == "/" else lower_hex(char) if UNWRITTEN.match(char) else char


class Spelling:
    """`escape` gives a character's escape, `blanks` are what stands between tokens, `shuffled` lets
    names stand in any order, `decoy` gives a value that its name has before the true one."""

    def __init__(self, seed=0, escape=None, share=1.0, blanks="", shuffled=False, decoy=None):
        self.chance = random.Random(seed)
        self.escape, self.share, self.blanks = escape, share, blanks
        self.shuffled, self.decoy = shuffled, decoy

    def write(self, value):
        """Bytes; a surrogate U+DC80 to U+DCFF stands for a byte that is no UTF-8."""
        return self.text(value).encode("utf-8", "surrogateescape")

    def text(self, value):
        if isinstance(value, Raw):
            return str(value)
        if isinstance(value, Members):
            return self.joined("{", [self.member(*pair) for pair in value], "}")
        if isinstance(value, dict):
            return self.joined("{", [self.member(*pair) for pair in self.pairs(value)], "}")
        if isinstance(value, list):
            return self.joined("[", [self.text(each) for each in value], "]")
        if isinstance(value, str):
            return '"' + "".join(self.character(each) for each in value) + '"'
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        return str(value)

    def pairs(self, value):
        pairs = list(value.items())
        if self.shuffled:
            self.chance.shuffle(pairs)
        if self.decoy is None:
            return pairs
        return [pair for name, true in pairs for pair in ((name, self.decoy(true)), (name, true))]

    def member(self, name, value):
        return self.text(name) + self.gap() + ":" + self.gap() + self.text(value)

    def joined(self, opening, parts, closing):
        between = [self.gap() + part + self.gap() for part in parts]
        return opening + (",".join(between) or self.gap()) + closing

    def gap(self):
        return "".join(self.chance.choices(self.blanks, k=self.chance.randrange(4))) \
            if self.blanks else ""

    def character(self, char):
        is_byte = "\udc80" <= char <= "\udcff"
        if not is_byte and self.escape and self.chance.random() < self.share:
            return self.escape(char)
        return lower_hex(char) if UNWRITTEN.match(char) else char


def other_value(value):
    """What a decoy says instead: as unlike the truth as it can be."""
    swapped = {"NodePort": "ClusterIP", "ClusterIP": "NodePort", "services": "pods",
               "create": "get", "patch": "create", "update": "delete", "delete": "create"}
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, str):
        return swapped.get(value, "NodePort")
    if isinstance(value, int):
        return 403 if value < 1000 else 30999
    if isinstance(value, list):
        return [{"port": 80, "nodePort": 30999, "op": "test", "path": "/spec/type"}]
    return {"type": "NodePort", "resource": "services", "ports": [{"nodePort": 30999}]}


def overtaken(first, last):
    """`first`, and behind each of its members the one of `last`, at every level: it reads as
    `last` does."""
    if not isinstance(first, dict) or not isinstance(last, dict) or not first.keys() <= last.keys():
        return last
    return Members(list(first.items()) +
                   [(name, overtaken(first.get(name), value)) for name, value in last.items()])
