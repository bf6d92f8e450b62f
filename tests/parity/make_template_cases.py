#!/usr/bin/env python3
"""Writes tests/fixtures/template_cases.json: what Jinja2 makes of expressions and statements of chat templates.

The environment is the one in which the Python package transformers renders chat templates. Run it after adding a case,
with Jinja2 3.1; the result is committed, so that the tests need no Python:

    python3 tests/parity/make_template_cases.py
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2025, 7, 4, 9, 5, 3)

VARIABLES = {
    "name": "Ada",
    "empty": "",
    "text": "Hello, wörld! ｜ 世界 🙂",
    "lines": "one\ntwo\r\nthree\n\nfive",
    "spaced": "  \t in the middle \n ",
    "quoted": "it's \"quoted\" \\ back\x07\u200b",
    "thought": "<think>\nhm\n</think>\n\nThe answer.",
    "n": 7,
    "zero": 0,
    "neg": -3,
    "big": 18446744073709551615,
    "huge": 12345678901234567890123,
    "pi": 3.14159,
    "half": 2.5,
    "large": 1e22,
    "tiny": 1.5e-7,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": [[1, 2], [3, [4, 5]], {"k": [True, None, 1.0]}],
    "table": {"b": 1, "a": "x", "C": None},
    "odd_keys": {"items": "mine", "update": "u", "with space": 1, "_private": 2},
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi <|im_end|> </think>"},
        {"role": "assistant", "content": "Hello!", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]},
        {"role": "user", "content": "Bye"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "It's \"nice\" & <b>sunny</b>\nhere — ünïcode",
                "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
        }
    ],
    "people": [
        {"name": "Ada", "city": "London", "age": 36},
        {"name": "Kurt", "city": "Brünn"},
        {"name": "Alan", "city": "london", "age": 41},
        {"name": "Emmy", "city": "Erlangen", "age": 53},
    ],
    "tree": [{"n": "a", "c": [{"n": "b", "c": []}, {"n": "c", "c": [{"n": "d", "c": []}]}]}, {"n": "e", "c": []}],
}

# Expressions: each is printed. One per line; what fails in Jinja2 must fail in ergon.
EXPRESSIONS = r"""
1
007
0x1F
0b101
0o17
1_000_000
1.5
1e3
1.5E-3
2.
'single'
"double"
'con' 'cat'
'tab\there\nnew\\ \' \" \x41 \u00e9 \U0001F642 \q \101'
true
True
false
none
None
missing
missing.attribute
missing['item']
missing + 1
missing ~ 'x'
missing == missing
missing == none
missing | length
missing | list
missing | default('d')
missing | default
missing is defined
missing is undefined
not missing
missing.x is defined
missing | upper
missing | int
missing < 1
missing()
missing in 'abc'
missing in [1]
'a' in missing
-missing
name
name.missing
name.missing is defined
name.missing.more
name['missing']
nothing.x
nothing.x.y
nothing['x'] is defined
n.foo
list.foo
table.b
table['b']
table.missing
table['missing']
table.C
table.C is none
table.C is defined
odd_keys.items
odd_keys['items']
odd_keys.update
odd_keys['update']
odd_keys['with space']
odd_keys._private
odd_keys.update is defined
table.update({'z': 1})
table.pop('a')
table.setdefault('q', 1)
list.append(4)
list.append
list.append is defined
list.sort()
list.insert(0, 1)
list.extend([1])
name.__class__
name.__class__.__mro__
table.__class__ is defined
''.__class__.__base__.__subclasses__()
list[0]
list[-1]
list[3]
list[-4]
list['0']
list.0
list.1
list[true]
list[1.0]
list[none]
list[[1]]
table[[1]]
table[none]
name[0]
name[-1]
name[10]
text[7:12]
text[::-1]
text[:5]
text[-2:]
text[2]
text[::3]
text[-4:-1]
text[100:]
text[5:2]
list[1:]
list[:-1]
list[::-1]
list[::2]
list[5:]
list[-2:5]
list[::0]
list[1:2:none]
list['a':]
(1, 2, 3)[1:]
nothing[1:]
missing[1:]
table[1:]
n[0]
1 + 2
1 + 2.5
1 - 5
3 * 4
7 / 2
8 / 2
7 // 2
-7 // 2
7 // -2
7.5 // 2
-7.5 // 2
7 % 3
-7 % 3
7 % -3
7.5 % 2
-7.5 % 2
2 ** 10
2 ** -1
2 ** 0.5
2 ** 3 ** 2
-2 ** 2
(-8) ** 2
0 ** 0
0 ** -1
1 / 0
1 // 0
1 % 0
1.0 / 0
true + true
true * 3
9223372036854775807 + 1
10 ** 30
1e308 * 10
-(1e308 * 10)
(1e308 * 10) - (1e308 * 10)
0.1 + 0.2
1e16
1e15
123456789012345678.0
1e-4
1e-5
1.0
-0.0
100.0
1e100
5e-324
big
large
tiny
pi
half
- n
+ n
--n
-'a'
'a' + 'b'
'a' + 1
1 + 'a'
'a' ~ 1 ~ none ~ true ~ 1.5
'ab' * 3
3 * 'ab'
'ab' * -1
'ab' * 2.0
[1] + [2]
[1] * 2
[1] + (2,)
(1,) + (2,)
[1] - [1]
{} + {}
none + 1
'a' - 'b'
1 + 2 * 3 - 4 / 2
1 ~ 2 + 3
'a' ~ 'b' + 'c'
'a' + 'b' ~ 'c'
(1 + 2) * 3
1 == 1.0
1 == true
'1' == 1
[1, 2] == [1, 2]
(1, 2) == [1, 2]
{'a': 1} == {'a': 1.0}
{'a': 1, 'b': 2} == {'b': 2, 'a': 1}
none == none
none == false
1 != 2
1 < 2
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2 == 2
1 < 2.5
'a' < 'b'
'a' < 'B'
'Z' < 'a'
'é' > 'z'
[1, 2] < [1, 3]
[1, 2] < [1, 2, 0]
(1, 'a') < (1, 'b')
1 < 'a'
none < 1
{} < {}
true < 2
1 <= 1
[1] <= [1]
1 in [1, 2]
1 not in [1, 2]
'a' in 'cat'
'' in 'cat'
1 in 'cat'
'b' in table
'z' in table
1 in 5
none in [none]
'</think>' in thought
[1] in [[1], 2]
[1] in {'a': 1}
not true
not ''
not 'a'
not 0
not []
not {}
not none
not 1 == 2
true and false
1 and 2
0 and 2
1 or 2
0 or ''
'' or 'x'
none and missing.y
true or missing.y
1 if true else 2
1 if false else 2
1 if false
'x' if missing else 'y'
1 if 0 else 2 if 0 else 3
(1 if false) is defined
[1, 'two', 3.0, none, true, [4], {'k': 'v'}, (5,), ()]
[]
[1,]
{}
{'a': 1, "b": [2], 3: 'c', none: 4, 1.5: 5, true: 6}
{'a': 1,}
{'a': 1, 'a': 2}
{[1]: 2}
{(1, 2): 3}
{1: 'a', 1.0: 'b', true: 'c'}
()
(1,)
(1)
1, 2
(1, 2)
'str with \'quote'
['it\'s', "say \"hi\"", 'both \' and "']
[quoted]
[text]
['\u00e9', '\x00', '\x7f', '\u200b', '\u00a0', '\u3000', '\U0001F642', '\ue000', '\n\r\t\\']
nested
messages[2]
table
yes
nothing
range(3)
range(2, 5) | list
range(5, 0, -2) | list
range(0) | list
range(3)[1]
range(3)[-1]
range(3) | length
range(10, 20, 3) | list
2 in range(3)
range(1, 10, 0)
range('a')
range()
range(1000000)
range(5) | sum
range(5)[1:3] | list
dict(a=1, b='x')
dict({'a': 1}, b=2)
dict([('a', 1), ('b', 2)])
dict() 
namespace(a=1).a
namespace({'a': 2}).a
namespace(a=1).b
namespace(a=1)
namespace(a=1) is defined
joiner()()
cycler('a', 'b').next()
cycler()
strftime_now('%Y-%m-%d')
strftime_now('%d %b %Y, %H:%M:%S')
strftime_now('')
raise_exception('told to')
raise_exception(1)
name.upper()
name.lower()
'hello world'.title()
'hello world-wide it\'s'.title()
'hello world-wide it\'s' | title
'HELLO wORLD'.capitalize()
'éCOLE straße'.upper()
'ÉCOLE'.lower()
'éa'.capitalize()
'straße'.title()
spaced.strip()
spaced.lstrip()
spaced.rstrip()
'xxhixx'.strip('x')
'abchicba'.strip('abc')
'xxhixx'.lstrip('x')
'xxhixx'.rstrip('x')
'\u00a0\u3000a\u2003'.strip()
'éaé'.strip('é')
'hi'.strip('')
'hi'.strip(none)
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.rsplit(',', 1)
'a,b,,c'.rsplit(',')
'a,b,,c'.split(',', -1)
'a,b,,c'.split(',', 0)
' a  b c '.split()
' a  b c '.split(none, 1)
' a  b c '.rsplit(none, 1)
' a  b c '.split(maxsplit=1)
' a  b c '.rsplit(none, 0)
' a  b c '.split(none, 0)
'   '.split()
''.split()
''.split(',')
'abc'.split('')
'aXXbXXc'.split('XX')
'aXXXb'.split('XX')
'aXXXb'.rsplit('XX')
'a<b>c'.split(sep='<')
'a'.split(1)
thought.split('</think>')[-1]
thought.split('</think>')[-1].lstrip('\n')
thought.split('</think>')|last|trim
lines.splitlines()
lines.splitlines(true)
'a\x0bb\x0cc\x1cd\u2028e\x85f'.splitlines()
''.splitlines()
'a\n'.splitlines()
'key=value=x'.partition('=')
'key=value=x'.rpartition('=')
'key'.partition('=')
'key'.rpartition('=')
'hello'.startswith('he')
'hello'.startswith('lo')
'hello'.startswith('')
'hello'.startswith('l', 2)
'hello'.startswith('l', 2, 2)
'hello'.startswith(('x', 'he'))
'hello'.startswith(['he'])
'hello'.startswith(1)
'hello'.endswith('lo')
'hello'.endswith(('x', 'lo'))
'hello'.endswith('ll', 0, 4)
'hello'.endswith('ll', 0, -1)
'héllo'.find('l')
'héllo'.find('z')
'héllo'.rfind('l')
'héllo'.find('l', 3)
'héllo'.find('l', -2)
'héllo'.find('')
'héllo'.find('', 9)
'héllo'.index('l')
'héllo'.index('z')
'banana'.count('a')
'banana'.count('ana')
'banana'.count('')
'banana'.count('a', 2)
'banana'.count('a', 2, 4)
'banana'.replace('a', 'o')
'banana'.replace('a', 'o', 2)
'banana'.replace('a', '')
'banana'.replace('', '-')
'banana'.replace('', '-', 2)
'banana'.replace('z', 'x')
''.replace('', 'x')
''.replace('a', 'x')
'héé'.replace('', '.')
'banana'.replace('a')
'banana'.replace(1, 2)
'-'.join(['a', 'b'])
'-'.join([1, 2])
'-'.join('abc')
'-'.join([])
'-'.join(table)
'-'.join(1)
'abc'.removeprefix('a')
'abc'.removesuffix('c')
'abc'.removeprefix('x')
'7'.zfill(3)
'-7'.zfill(4)
'+7'.zfill(4)
'abc'.zfill(2)
'a'.ljust(3) ~ '|'
'a'.rjust(3)
'a'.center(4) ~ '|'
'ab'.center(5, '*')
'abc'.center(6, '*')
'a'.ljust(3, 'xy')
'abc'.isalpha()
'ab1'.isalpha()
''.isalpha()
'123'.isdigit()
'12a'.isdigit()
'ab1'.isalnum()
'  '.isspace()
'ABC'.isupper()
'ABc'.isupper()
'abc'.islower()
'12'.islower()
'abc'.nosuch()
'abc'.upper(1)
name.upper
'%s and %s' % ('a', 1)
'%s' % 'x'
'%s' % 5
'%s' % (5,)
'%s' % none
'%s' % [1]
'%s %s' % 'x'
'%s' % ('a', 'b')
'x' % 'y'
'x' % ()
'%%' % ()
'%d%%' % 5
'%d' % 5.7
'%d' % 'a'
'%5d|%-5d|%05d|%+d|% d' % (42, 42, 42, 42, 42)
'%5d|%05d' % (-42, -42)
'%x %X %o %#x' % (255, 255, 8, 255)
'%f %.2f %5.1f|%-8.2f|%08.3f' % (1.5, 1.005, 2.25, 3.14159, -3.14159)
'%e %.1e %g %g %g' % (12345.678, 0.00012, 1000000.0, 10000000.0, 0.0001)
'%.3s|%5s|%-5s|' % ('abcdef', 'ab', 'ab')
'%r' % 'a'
'%c' % 'a'
'%(a)s-%(b)s' % {'a': 1, 'b': 'x'}
'%(z)s' % {'a': 1}
'%q' % 1
'%' % 1
'%s' % missing
'%.1f' % half
'%.0f' % 0.5
'%.0f' % 1.5
'{} {}'.format('a', 1)
'{0} {1} {0}'.format('a', 'b')
'{x}'.format(x=1)
'{} {x}'.format(1, x=2)
'{{}}'.format()
'{'.format()
'}'.format()
'{}'.format()
'{0.b} {1[0]} {2[b]}'.format(table, list, table)
'{!r} {!s}'.format('a', 'b')
'{:>5}|{:<5}|{:^5}|{:*^5}'.format('a', 'b', 'c', 'd')
'{:5}|{:05d}|{:+}|{:,}|{:_}'.format(42, 42, 42, 1234567, 1234567)
'{:.2f} {:8.3f}|{:<8.1f}|{:e} {:g} {:.1%}'.format(3.14159, 3.14159, 3.14159, 31415.9, 0.0001, 0.256)
'{:x} {:X} {:#x} {:b} {:o} {:#b}'.format(255, 255, 255, 5, 8, 5)
'{:.2}'.format('abc')
'{:d}'.format('abc')
'{:s}'.format(1)
'{:.2f}'.format('a')
'{}'.format(none)
'{}'.format([1, 'a'])
'{:>10}'.format(none)
'{:q}'.format(1)
'{:,.2f}'.format(1234567.891)
'{}'.format(1.0)
'{:5}|'.format(true)
'{:.3} {:.3} {:.2}'.format(3.0, 31415.9, 0.5)
table.items()
table.items() | list
table.keys() | list
table.values() | list
table.keys()
table.values()
table.get('b')
table.get('zz')
table.get('zz', 'd')
table.get('C', 'd')
table.get([1])
table.get()
table.copy() == table
list.index(2)
list.index(9)
list.count(1)
(1, 2, 1).count(1)
list.copy()
'abc' | upper
5 | upper
none | upper
[1] | upper
'ABC' | lower
'hello WORLD' | capitalize
'the (big) [fat] <cat> {dog}-house\tx' | title
spaced | trim
'xxaxx' | trim('x')
5 | trim
'a b a' | replace('a', 'x')
'a b a' | replace('a', 'x', 1)
5 | replace(5, 6)
'a' | replace('a')
'abc' | length
text | length
list | length
list | count
table | length
5 | length
none | length
'abc' | first
'abc' | last
'' | first
[] | first
[] | last
list | first
list | last
table | first
table | last
5 | first
(list | select) | last
text | last
list | join
list | join(', ')
list | join(1)
words | join('-')
messages | join('|', attribute='role')
'abc' | join('.')
table | join(',')
5 | join
none | join
[1, none, true, 2.5, 'a'] | join(' ')
list | sort
list | sort(reverse=true)
words | sort
words | sort(case_sensitive=true)
messages | sort(attribute='content') | map(attribute='content') | list
[[2, 'b'], [1, 'c'], [2, 'a']] | sort(attribute='0,1')
[1, 'a'] | sort
[none, 1] | sort
'cab' | sort
table | sort
table | dictsort
table | dictsort(true)
{'x': 2, 'y': 1} | dictsort(by='value')
{'x': 2, 'y': 1} | dictsort(by='value', reverse=true)
{'x': 2} | dictsort(by='other')
list | dictsort
words | unique | list
words | unique(true) | list
[1, 1.0, true, 2] | unique | list
[[1], [1]] | unique | list
messages | unique(attribute='role') | map(attribute='role') | list
list | reverse | list
'abc' | reverse
table | reverse | list
(list | reverse) | length
5 | reverse
words | map('upper') | list
words | map('replace', 'p', 'b') | join(',')
messages | map(attribute='role') | list
messages | map(attribute='missing') | list
messages | map(attribute='missing', default='?') | list
messages | map(attribute='tool_calls.0.function.name', default='-') | list
messages | map(attribute='tool_calls.0.function.name') | list
messages | map('nosuch') | list
messages | map() | list
[] | map('nosuch') | list
list | map('string') | join
['1', 'x', '2.7'] | map('int') | list
[[1, 2], [3]] | map('first') | list
[[1, 2], [3]] | map('sum') | list
list | select | list
[0, 1, '', 'a', none] | select | list
[0, 1, '', 'a', none] | reject | list
range(10) | select('odd') | list
range(10) | reject('odd') | list
range(10) | select('divisibleby', 3) | list
range(10) | select('>', 7) | list
range(10) | select('in', [1, 2]) | list
messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | list
messages | selectattr('role', '==', 'user') | list | length
messages | rejectattr('role', 'eq', 'user') | map(attribute='role') | list
messages | selectattr('tool_calls') | list | length
messages | selectattr('tool_calls', 'defined') | list | length
messages | rejectattr('tool_calls', 'defined') | list | length
messages | selectattr('nosuch.deeper') | list
messages | selectattr('role', 'nosuchtest') | list
messages | selectattr('role', 'equalto', 'user') | length
(messages | selectattr('role', 'equalto', 'nobody')) and true
messages | selectattr('role', 'in', ['user', 'system']) | list | length
list | sum
[] | sum
[0.1, 0.2] | sum
[[1], [2]] | sum(start=[])
['a'] | sum
[{'v': 2}, {'v': 3}] | sum(attribute='v')
[{'v': 2}, {'v': 3}] | sum('v', 10)
list | min
list | max
words | min
words | max
words | max(case_sensitive=true)
[] | max
[] | max is defined
messages | max(attribute='content')
[1, 'a'] | max
-5 | abs
-2.5 | abs
'a' | abs
42.55 | round
42.55 | round(1)
42 | round
2.5 | round
3.5 | round
-2.5 | round
2.675 | round(2)
42.1 | round(method='ceil')
42.9 | round(method='floor')
42.123 | round(2, 'ceil')
1234.5 | round(-2)
1250 | round(-2)
42.5 | round(method='odd')
'a' | round
'42' | int
' 42 ' | int
'4_2' | int
'-42' | int
'+42' | int
'42.7' | int
'abc' | int
'abc' | int(-1)
'' | int
'ff' | int(0, 16)
'0xff' | int(0, 16)
'0b11' | int(base=0)
'1e3' | int
42.9 | int
-42.9 | int
true | int
none | int
none | int(5)
[] | int
'inf' | int
'42.5' | float
'abc' | float
'abc' | float(1.5)
' 1e3 ' | float
'inf' | float
'-inf' | float
'nan' | float
'1_0.5' | float
42 | float
none | float
5 | string
none | string
[1, 'a'] | string
'a' | list
table | list
5 | list
none | list
table | items | list
missing | items | list
list | items | list
{} | items | list
'a\nb\n\nc' | indent
'a\nb' | indent(2)
'a\nb' | indent(2, true)
'a\nb\n\nc' | indent(2, first=true, blank=true)
'a\nb' | indent('> ')
'a\nb\n' | indent
'' | indent
'' | indent(first=true)
5 | indent
lines | indent(1)
'abc' | center(7)
'hello big world' | truncate(9)
'hello big world' | truncate(9, true)
'hello big world' | truncate(9, false, '..', 0)
'hello' | truncate(255)
'hello big world out there' | truncate(2)
'one two  three-four' | wordcount
'%s-%s' | format('a', 1)
'%(x)s' | format(x=1)
'%s' | format('a', x=1)
'<a href="x">\'&' | escape
'<b>' | e | e
'<b>' | e | forceescape
'<b>' | safe
('<b>' | safe) + '<i>'
'<i>' + ('<b>' | safe)
('<b>' | e) ~ '<i>'
'<b>' | safe | length
'<b>' | safe is escaped
'<b>' is escaped
list | batch(2) | list
list | batch(2, 'x') | list
range(7) | batch(3) | map('list') | list
list | slice(2) | list
range(7) | slice(3) | list
range(7) | slice(3, 'x') | list
table | attr('b')
name | attr('upper')
namespace(a=3) | attr('a')
list | nosuch
table | tojson
nested | tojson
tools | tojson
tools[0] | tojson(indent=2)
tools[0] | tojson(indent=4)
tools | tojson(indent=0)
nested | tojson(indent='--')
[] | tojson(indent=2)
{} | tojson(indent=2)
[[], {}] | tojson(indent=2)
text | tojson
text | tojson(ensure_ascii=true)
quoted | tojson
'\x00\x1f\x7f\b\f\n\r\t"\\/' | tojson
'\x7f\u2028' | tojson(true)
'</script>&<>\'' | tojson
1.0 | tojson
1e22 | tojson
big | tojson
true | tojson
none | tojson
'nan' | float | tojson
'inf' | float | tojson
(1, 2) | tojson
{1: 2, none: 3, true: 4, 1.5: 5} | tojson
{(1, 2): 3} | tojson
missing | tojson
range(3) | tojson
table.items() | tojson
table | tojson(sort_keys=true)
{'b': 1, 'a': 2} | tojson(sort_keys=true)
{'b': 1, 'a': [2, 3]} | tojson(separators=(',', ':'))
{'b': 1, 'a': [2, 3]} | tojson(none, none, ('; ', '='))
table | tojson(indent=2, separators=(',', ':'))
table | tojson(true, 2)
namespace(a=1) | tojson
'abc' | tojson | upper
1 is odd
2 is odd
2 is even
-1 is odd
2.0 is even
'a' is even
9 is divisibleby 3
9 is divisibleby(4)
9 is divisibleby 0
name is defined
name is string
5 is string
5 is number
5.0 is number
true is number
'5' is number
5 is integer
true is integer
5.0 is integer
5.0 is float
5 is float
true is boolean
1 is boolean
true is true
1 is true
false is false
0 is false
none is none
missing is none
0 is none
table is mapping
list is mapping
list is sequence
name is sequence
table is sequence
5 is sequence
range(3) is sequence
(list | select) is sequence
table.items() is sequence
missing is sequence
list is iterable
name is iterable
table is iterable
5 is iterable
none is iterable
missing is iterable
(list | select) is iterable
range(2) is iterable
range is callable
name is callable
name.upper is callable
missing is callable
5 is eq 5
5 is equalto 6
5 is ne 6
5 is gt 4
5 is ge 5
5 is lt 4
5 is le 5
5 is lessthan 6
5 is greaterthan 6
5 is in [5]
'a' is in 'cat'
5 is not in [5]
none is sameas none
1 is sameas true
list is sameas list
[1] is sameas [1]
'abc' is lower
'aBc' is lower
'ABC' is upper
'12' is upper
'upper' is filter
'nosuch' is filter
'odd' is test
name is not none
name is not string
not name is string
5 is nosuch
name is defined and name
1 is number and 2 is number
table.a is defined and table.a is string
messages[0].role == 'system'
messages[0]['content'] is string
messages | length > 3
messages[-1].role
messages[1:][0].content
messages[::-1] | map(attribute='role') | join(',')
messages[2].tool_calls[0].function.arguments | tojson
messages[0].tool_calls
messages[0].tool_calls is not defined
(messages | last).content
messages.0.role
1 + (2 * 3) | string + '4'
-1 | abs
-5 | abs + 1
'a' 'b' | upper
[1, 2, 3] | first + 10
not 'x' in 'abc'
'a' in ['a'] and 'b' not in ['a']
2 * 3 | string
('a' | upper) * 2
loop
[x for x in list]
lambda
a b
1 +
(1
)
{'a' 1}
'unterminated
{{ 1 }}
@
1 ? 2
list[
a..b
f(a=1, 2)
dict(**{'a': 1})
dict(*[[('a', 1)]])
dict(**5)
range(*[1, 4]) | list
'x'.join(*[['a', 'b']])
name.upper(*[])
"{}".format(*[7])
"{a}".format(**{'a': 8})
caller()
varargs
cycler(1, 2).current
(1, 2, 3) | list
(1, 2) | length
[(1, 2), (3, 4)] | map('join', '-') | list
'%s' % ([1, 2],)
1.5 | string
'a' if 1 is odd else 'b'
words | map('lower') | unique | sort | join(' ')
lines.split('\n') | map('trim') | select | list
'a,b'.split(',')[1].upper().lower() ~ '!'
'\\d'
'\\' ~ "\\n"
[1, 2, 3][1]
{'a': {'b': [1, 2]}}.a.b[1]
{'a': 1}['a']
'abc'[1]
'abc'.upper()[0]
(1 if true else 2) + 1
[missing]
{'a': missing}
[missing] | tojson
missing ~ missing
(missing | default({})).get('x', 'y')
nothing or 'fallback'
nothing | default('x')
nothing | default('x', true)
empty | default('x', boolean=true)
no | d('x', true)
zero | default(5)
n | default(5)
'ﬁ' | upper
'ΑΣ' | lower
'ΑΣ ΣΑΣ. ΌΣΟΣ' | lower
"Σ'Α Α'Σ ΑΣ'Β Σ" | lower
'İ' | lower | length
'ŉ ǰ ΐ և ﬃ' | upper
'ß ﬁx ǆ ŉ' | title
'ß'.title()
'ǆ'.capitalize()
'ǅ'.istitle()
'ﬁne ΣΑΣ' | capitalize
'ΑΣ-ΒΣ (σΑΣ' | title
'ΑΣ-ΒΣ (σΑΣ'.title()
"they're bill's 2nd x2y".title()
'ǆUNGLA ñandú'.swapcase()
'ﬀΣß'.swapcase()
'Straße ﬁ ΣΑΣ İ'.casefold()
'²'.isdigit()
'²'.isdecimal()
'½'.isnumeric()
'½'.isdigit()
'五'.isnumeric()
'五'.isalnum()
'①x'.isalnum()
'ªº'.islower()
'Ⅷ'.isupper()
'ⅷ Ⅷ'.swapcase()
'Hello World'.istitle()
'Hello world'.istitle()
'HELLO'.istitle()
"It'S".istitle()
''.istitle()
'1a'.istitle()
''.isascii()
'é'.isascii()
'a1_'.isidentifier()
'1a'.isidentifier()
''.isidentifier()
'é℮'.isidentifier()
'a\u200b'.isprintable()
''.isprintable()
'a\tbc\t\tdef\tg'.expandtabs()
'a\tbc\n\tdef\r\tg'.expandtabs(4)
'ab\tc'.expandtabs(0)
'ab\tc'.expandtabs(-1)
'ü\tc'.expandtabs(tabsize=3)
'{a} {b[1]}'.format_map({'a': name, 'b': list})
'{x}'.format_map({'a': 1})
'{}'.format_map({'a': 1})
'hello'.translate({104: 'J', 101: none, 108: 76})
'hello'.translate({'h': 'J'})
'hello'.translate(''.maketrans('el', 'ip', 'o'))
'hello'.translate(''.maketrans({'l': 'LL', 101: none}))
''.maketrans('ab', 'c')
''.maketrans({'ab': 'c'})
'{:c}'.format(65)
'{:c}|{:5c}|{:<5c}|{:^5c}|{:05c}|{:*>3c}'.format(65, 66, 67, 68, 69, 70)
'{:c}'.format(128512)
'{:c}'.format(1114112)
'{:c}'.format(-1)
'{:+c}'.format(65)
'{:#c}'.format(65)
'{:,c}'.format(65)
'{:.1c}'.format(65)
'{:c}'.format('a')
'{:c}'.format(1.5)
'{:c}'.format(true)
'%c%c' % (65, 'b')
'%c' % 8364
'%5c|%-5c|' % (65, 66)
'%c' % 1.5
'{:_x} {:_b} {:_o} {:_d}'.format(305419896, 1000000, 123456789, 1234567)
'{:,x}'.format(305419896)
huge
huge | tojson
-huge
huge + 1
huge - huge
huge * huge
huge * -huge
huge // 7
-huge // 7
huge // -7
huge % 1000000007
-huge % 1000000007
huge % -1000000007
huge * huge // huge == huge
(huge * huge + 5) % huge
huge / 3
huge / huge
huge * huge / (huge * huge + huge)
1 / (2 ** 2000)
(2 ** 2000) / 3
(2 ** 2000) / (2 ** 1999 + 1)
2 ** 64
2 ** 127 + 2 ** 126
(-2) ** 63
-9223372036854775808
-9223372036854775807 - 2
9223372036854775807 + 1
(9223372036854775807 + 1) - 1
2 ** -1
10 ** 30
10 ** 4299 > 10 ** 4298
(10 ** 4299) | string | length
10 ** 4300
(10 ** 5000) // (10 ** 4990)
10 ** 10 ** 10
huge == 12345678901234567890123
huge == 12345678901234567890123.0
huge < 1e23
huge > 1e22
2 ** 53 + 1 == 9007199254740993.0
2 ** 53 + 1 > 9007199254740992.0
2 ** 63 == 9223372036854775808.0
huge in [1, huge]
{huge: 'x'}[12345678901234567890123]
huge is odd
huge is even
huge is integer
huge is number
huge is divisibleby(3)
huge | abs
(-huge) | abs
huge | float
(10 ** 400) | float
huge | int
'12345678901234567890123456789012345678901234567890' | int
'-0x1234567890abcdef1234567890abcdef12' | int(base=16)
'1e30' | int
1e30 | int
1e300 | int
huge | round
huge | round(-3)
1250 | round(-2)
1350 | round(-2)
-1250 | round(-2)
7 | round(-1)
huge | filesizeformat
[huge, 1, 2 ** 70] | sum
[huge, 1, 2 ** 70] | max
[huge, 1, 2 ** 70] | sort
'%d' % huge
'%x' % huge
'%o' % huge
'%d' % 1e25
'%s' % huge
'{}'.format(huge)
'{:,}'.format(huge)
'{:x} {:#X} {:b} {:o}'.format(huge, huge, huge, huge)
'{:e}'.format(huge)
'{:.2f}'.format(huge)
'{:30d}|{:<30}|{:^30}|{:030}'.format(huge, huge, huge, huge)
[1, 2][huge]
'abc'[:huge]
'abc'[-huge:]
'abc'[::huge]
range(huge)
'a' * huge
[1] * huge
'a' * -huge
'ab'.center(huge)
0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
123456789012345678901234567890 + 0
1_000_000_000_000_000_000_000_000
huge + 0.5
huge * 1.0
(10 ** 400) + 0.5
people | groupby('city')
people | groupby('city') | map('first') | list
people | groupby(attribute='city', default='Z') | map(attribute='grouper') | list
(people | groupby('city'))[0].list | map(attribute='name') | join(' ')
(people | groupby('city'))[0].grouper
(people | groupby('city', case_sensitive=true)) | map('first') | list
people | groupby('age', default=0) | map('first') | list
people | groupby('name.0') | length
people | groupby('missing')
people | groupby('missing', default='none') | length
people | groupby
words | groupby('length')
'The quick brown fox jumps over the lazy dog' | wordwrap(10)
'The quick brown fox jumps over the lazy dog' | wordwrap(width=13)
'a-b well-known state-of-the-art e-mail x--y z---' | wordwrap(6)
'a-b well-known state-of-the-art e-mail' | wordwrap(6, break_on_hyphens=false)
'Donaudampfschifffahrtsgesellschaft ab' | wordwrap(8)
'Donaudampfschifffahrtsgesellschaft ab' | wordwrap(8, false)
'Donau-dampf-schifffahrts-gesellschaft' | wordwrap(9)
'abcd efghijk' | wordwrap(5)
'  leading and   inner   spaces  ' | wordwrap(8)
'one two\nthree four five\n\nsix' | wordwrap(9)
'one two three' | wordwrap(7, wrapstring='<br>')
'世界 世界世界世界 世界' | wordwrap(4)
'tab\tand\u00a0nbsp x' | wordwrap(5)
'' | wordwrap(5)
'abc' | wordwrap(0)
'abc' | wordwrap(-1)
'abc' | wordwrap(1)
5 | wordwrap(1)
'Hello, world -- this is (really) "quoted"; well-known, semi-colon.' | wordwrap(12)
text | wordwrap(6)
lines | wordwrap(3)
'a b&c/d?é~_-.' | urlencode
{'a b': 'c&d', 'é/': 1, 'n': none} | urlencode
[('a', 1), ('b', '/ ')] | urlencode
[1, 2] | urlencode
5 | urlencode
1.5 | urlencode
none | urlencode
missing | urlencode
'' | urlencode
text | urlencode
0 | filesizeformat
1 | filesizeformat
999 | filesizeformat
1000 | filesizeformat
1023 | filesizeformat(true)
1024 | filesizeformat(true)
13000 | filesizeformat
999999 | filesizeformat
1000000 | filesizeformat
4100000 | filesizeformat
1300000 | filesizeformat(binary=true)
1e15 | filesizeformat
1e27 | filesizeformat
1e30 | filesizeformat
1e30 | filesizeformat(true)
-5 | filesizeformat
2.7 | filesizeformat
'3000' | filesizeformat
'x' | filesizeformat
none | filesizeformat
missing | filesizeformat
true | filesizeformat
{'class': 'a b', 'id': none, 'x': '<&"', 'm': missing} | xmlattr
{'class': 'a'} | xmlattr(false)
{} | xmlattr
{'a b': 1} | xmlattr
{'a=b': 1} | xmlattr
{'n': 5} | xmlattr
[1] | xmlattr
'a_b ½ é̂' | wordcount
""".strip("\n").split("\n")

# Whole templates, separated by lines of "----".
TEMPLATES = r"""
{% set x = 1 %}{{ x }}{% set x = x + 1 %}{{ x }}
----
{% set a, b = 1, 2 %}{{ a }}{{ b }}
----
{% set a, b = 'xy' %}{{ a }}-{{ b }}
----
{% set a, b = [1] %}
----
{% set (a, b) = (1, 2) %}{{ a + b }}
----
{% set x %}block {{ name }}{% endset %}[{{ x }}]
----
{% set x | upper | replace('B', 'p') %}block {{ name }}{% endset %}[{{ x }}]
----
{% set ns = namespace(i=0, s='') %}{% for m in messages %}{% set ns.i = ns.i + 1 %}{% set ns.s = ns.s ~ m.role[0] %}{% endfor %}{{ ns.i }} {{ ns.s }}
----
{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a + ns.b }}
----
{% set ns = namespace() %}{% set ns.x %}captured{% endset %}{{ ns.x }}
----
{% set d = {} %}{% set d.x = 1 %}{{ d }}
----
{% set nosuch.x = 1 %}
----
{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
----
{% for i in range(3) %}{% if i > 0 %}{{ x }}{% endif %}{% set x = i %}{% endfor %}
----
{% if true %}{% set x = 5 %}{% endif %}{{ x }}
----
{% if not flag is defined %}{% set flag = false %}{% endif %}{{ flag }}
----
{% if not name is defined %}{% set name = false %}{% endif %}{{ name }}
----
{% with %}{% set x = 5 %}{{ x }}{% endwith %}[{{ x }}]
----
{% with a = 1, b = name %}{{ a }}{{ b }}{% endwith %}[{{ a }}]
----
{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
----
{% filter upper %}abc {{ name }}{% set z = 1 %}{% endfilter %}[{{ z }}]
----
{% filter replace('a', 'b') | trim %}  aaa  {% endfilter %}|
----
{% for x in list %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}
----
{% for x in list %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.length }}/{{ loop.first }}/{{ loop.last }}/{{ loop.depth }}/{{ loop.depth0 }};{% endfor %}
----
{% for x in list %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {{ loop.previtem is defined }}{{ loop.nextitem is defined }};{% endfor %}
----
{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }} {% endfor %}
----
{% for x in list %}{{ loop.cycle('odd', 'even') }} {% endfor %}
----
{% for x in list %}{{ loop.cycle() }} {% endfor %}
----
{% for x in list %}{{ loop.nosuch }}{{ loop['index'] }}{% endfor %}
----
{% for x in [] %}{{ x }}{% else %}none{% endfor %}
----
{% for x in list %}{{ x }}{% else %}none{% endfor %}
----
{% for x in list if x > 1 %}{{ x }}:{{ loop.index }}/{{ loop.length }} {% endfor %}
----
{% for x in list if x > 10 %}{{ x }}{% else %}nothing{% endfor %}
----
{% for m in messages if m.role == 'user' %}{{ loop.index }}{{ m.content }}{{ loop.last }}{% endfor %}
----
{% set ns = namespace(stop=false) %}{% for x in [1, 2, 3] if not ns.stop %}{{ x }}{% if x == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}
----
{% for k, v in table.items() %}{{ k }}={{ v }};{% endfor %}
----
{% for k, v in table | dictsort %}{{ k }}={{ v }};{% endfor %}
----
{% for k in table %}{{ k }}{% endfor %}
----
{% for c in 'héy' %}[{{ c }}]{% endfor %}
----
{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
----
{% for a, b in [1, 2] %}{{ a }}{% endfor %}
----
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
----
{% for x in 5 %}{% endfor %}
----
{% for x in none %}{% endfor %}
----
{% for x in missing %}{{ x }}{% else %}empty{% endfor %}
----
{% for x in missing.y %}{% endfor %}
----
{% for x in [1, 2, 3, 4] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
----
{% for x in [1, 2] %}{% for y in [1, 2, 3] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}
----
{% for x in [1] %}{% break %}{% else %}else{% endfor %}
----
{% for x in [1, 2] %}{% continue %}{% else %}else{% endfor %}
----
{% break %}
----
{% for x in [1, 2] %}{% for y in 'ab' %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
----
{% for x in [1, 2] %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}
----
{% for x in tree recursive %}{{ x.n }}{% if x.c %}({{ loop(x.c) }}){% endif %}{{ loop.depth }}{% endfor %}
----
{% for x in list %}{{ loop(x) }}{% endfor %}
----
{% for loop in list %}{% endfor %}
----
{% for x in 1, 2, 3 %}{{ x }}{% endfor %}
----
{% for x in list | sort | reverse %}{{ x }}{% endfor %}
----
{% set gen = list | select('odd') %}{% for x in gen %}{{ x }}{% endfor %}|{% for x in gen %}{{ x }}{% endfor %}|{{ gen | list }}
----
{% set gen = list | map('string') %}{{ gen | first }}{{ gen | join('-') }}
----
{% for x in messages | selectattr('role', 'equalto', 'user') %}{{ loop.index }} {{ loop.last }} {{ x.content }};{% endfor %}
----
{% if n > 5 %}big{% elif n > 2 %}mid{% else %}small{% endif %}
----
{% if n > 15 %}big{% elif n > 2 %}mid{% else %}small{% endif %}
----
{% if n > 15 %}big{% elif n > 12 %}mid{% else %}small{% endif %}
----
{% if missing %}a{% endif %}b
----
{% if missing.x %}a{% endif %}b
----
{% macro hi(a, b='B') %}<{{ a }}{{ b }}>{% endmacro %}{{ hi(1) }}{{ hi(1, 2) }}{{ hi(b=3, a=4) }}{{ hi() }}
----
{% macro hi(a) %}{{ a }}{% endmacro %}{{ hi(1, 2) }}
----
{% macro hi(a) %}{{ a }}{% endmacro %}{{ hi(c=2) }}
----
{% macro hi(a) %}{{ a }}{% endmacro %}{{ hi(1, a=2) }}
----
{% macro hi(a) %}{{ a }}|{{ varargs }}|{{ kwargs }}{% endmacro %}{{ hi(1, 2, 3, x=4) }}
----
{% macro hi(a, b=a ~ '!') %}{{ b }}{% endmacro %}{{ hi('x') }}
----
{% macro hi(a=1, b) %}{% endmacro %}
----
{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in {{ name }}{% endcall %}
----
{% macro each(items) %}{% for i in items %}{{ caller(i, loop.index) }};{% endfor %}{% endmacro %}{% call(x, k) each(list) %}{{ k }}={{ x }}{% endcall %}
----
{% macro plain() %}x{% endmacro %}{% call plain() %}y{% endcall %}
----
{% macro box() %}[{{ caller() }}]{% endmacro %}{{ box() }}
----
{% call 5 %}x{% endcall %}
----
{% macro f(n) %}{% if n %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
----
{% macro show(d, depth=0) %}{% for k, v in d.items() %}{{ '  ' * depth }}{{ k }}:{% if v is mapping %}
{{ show(v, depth + 1) }}{% else %} {{ v }}
{% endif %}{% endfor %}{% endmacro %}{{ show(tools[0]) }}
----
{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}
----
{% macro m() %}{{ y }}{% endmacro %}{% set y = 2 %}{{ m() }}
----
{% for i in [1, 2] %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}
----
{% macro m() %}{% set q = 5 %}{{ q }}{% endmacro %}{{ m() }}[{{ q }}]
----
{% macro m(x) %}{{ x | upper }}{% endmacro %}{{ m('a') ~ m('b') | lower }}
----
{% macro m() %}{{ loop }}{% endmacro %}{% for x in [1] %}{{ m() }}{% endfor %}
----
{{ m }}{% macro m() %}{% endmacro %}{{ m.name }}
----
{% set sep = joiner(', ') %}{% for x in list %}{{ sep() }}{{ x }}{% endfor %}
----
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}
----
{% raw %}{{ not }} {% a %} {# b #}{% endraw %}
----
{% raw -%}   {{ x }}   {%- endraw %}|
----
a {# comment {{ x }} {% if %} #} b
----
a
{# comment #}
b
----
a
  {#- comment -#}
b
----
{#
 multi
 line
#}
x
----
a

{%- if true -%}

b

{%- endif -%}

c
----
a
{% if true %}
b
{% endif %}
c
----
a
  {% if true %}
  b
  {% endif %}
  c
----
a
  {%+ if true %}
  b
  {%+ endif %}
c
----
a
{% if true +%}
b
{% endif +%}
c
----
  {{ name }}
  {{ name }}
x
----
  {{- name -}}
  {{- name -}}
x
----
a {% if true %} b {% endif %} c
----
{% if true %}  {% if true %}x{% endif %}  {% endif %}
----
{% for x in list %}
  * {{ x }}
{% endfor %}
end
----
{% for x in list -%}
  * {{ x }}
{%- endfor %}
end
----
	 {% set x = 1 %}	
{{ x }}
----
x {% set x = 1 %}
{{ x }}
----

{{ name }}

----
{{ name }}
----
{%if true%}tight{%endif%}
----
{{name}}{{'a'}}{{1}}
----
{%- set x = {'a': {'b': 1}} -%}{{ x.a.b }}{{ {'a': {}} }}
----
{{ '}}' }}{{ "%}" }}{{ '{{' }}
----
{% print name %}{% print 1, 2 %}
----
{% generation %}a{{ name }}{% set g = 1 %}{% endgeneration %}[{{ g }}]
----
{% include 'x' %}
----
{% extends 'x' %}
----
{% import 'x' as y %}
----
{% from 'x' import y %}
----
{% nosuch %}
----
{% if %}x{% endif %}
----
{% if true %}
----
{% for x in list %}
----
{% endif %}
----
{% if true %}{% endfor %}
----
{% else %}
----
{{
----
{{ name
----
{% set x = 1
----
{# open
----
{% raw %} open
----
{{ }}
----
{% %}
----
{{ name }
----
{{ 'a
----
{% set %}{% endset %}
----
{% set true = 1 %}
----
{% set 5 = 1 %}
----
{% set x.y.z = 1 %}
----
{% for %}{% endfor %}
----
{% macro %}{% endmacro %}
----
{% if true %}{{ raise_exception('Roles must alternate: ' ~ messages[0].role) }}{% endif %}
----
{% if false %}{{ raise_exception('never') }}{% endif %}fine
----
{% if true: %}colon{% endif %}
----
line 1
{{ name }}
{{ missing.attribute }}
----
{% set m = messages[1:] if messages[0].role == 'system' else messages %}{% for x in m %}{{ x.role }}{% endfor %}
----
{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% endfor %}
----
{% set content = thought %}{% if '</think>' in content %}{% set reasoning = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}{{ reasoning }}|{{ content }}
----
{% set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{{- ns.last_query_index }}
----
{%- macro render_item_list(item_list, tag_name='required') -%}
    {%- if item_list is defined and item_list is iterable and item_list | length > 0 -%}
        {%- if tag_name -%}{{- '\n<' ~ tag_name ~ '>' -}}{% endif -%}
        {{- '[' }}
        {%- for item in item_list -%}
            {%- if loop.index > 1 -%}{{- ", " }}{% endif -%}
            {%- if item is string -%}{{- "`" ~ item ~ "`" -}}{%- else -%}{{- item -}}{%- endif -%}
        {%- endfor -%}
        {{- ']' }}
        {%- if tag_name -%}{{- '</' ~ tag_name ~ '>' -}}{% endif -%}
    {%- endif -%}
{%- endmacro -%}
{{ render_item_list(tools[0].function.parameters.required) }}{{ render_item_list(['a', 1]) }}
----
{%- set date_string = strftime_now("%d %b %Y") -%}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}Today Date: {{ date_string }}
----
{% if tools is not none and tools is defined %}{{ tools | map(attribute='function') | map(attribute='name') | join(', ') }}{% endif %}
----
{% for t in tools %}{{ t | tojson(indent=4) }}{{ '\n' if not loop.last }}{% endfor %}
----
{% set a = [1] %}{% set a = a + [2] %}{% set a = a + [{'r': name}] %}{{ a }}
----
{% set _ = list.append(5) %}{{ list }}
----
{% set d = table %}{{ d.items() | map('first') | list }}
----
{% set x = none %}{{ x }}{{ x is none }}
----
{{ [1, 2] | map('string') | map('length') | sum }}
----
{% set s = 'a' -%}
{{ s }}
{%- set s = 'b' %}
{{ s }}
----
{{ name -}}   

   tail
----
tab	{%- if true %}	x{% endif -%}	y
----
é{%- if true %} ü {%- endif %}	ß
----
{%-  if true  -%}a{%-  endif  -%}
""".strip("\n").split("\n----\n")


class Generation(jinja2.ext.Extension):
    """`{% generation %}` marks the model's own words for training; it changes no text."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_render"), [], [], body).set_lineno(line)

    def _render(self, caller):
        return caller()


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def render(env, template):
    # A template that prints an object's address or a method has no text that could be expected.
    try:
        text = env.from_string(template).render(**VARIABLES)
    except Exception as error:  # every kind of failure counts as one
        return {"error": f"{type(error).__name__}: {error}"}
    return {"unstable": True} if " at 0x" in text else {"text": text}


def main():
    env = environment()
    cases = []
    for template in ["{{ " + e + " }}" for e in EXPRESSIONS] + TEMPLATES:
        result = render(env, template)
        if "unstable" not in result:
            cases.append({"template": template, **result})
    out = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "template_cases.json"
    variables = json.dumps(VARIABLES, ensure_ascii=False)
    rows = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    header = f'"jinja2": "{jinja2.__version__}",\n"now": "{NOW.isoformat()}",\n"variables": {variables}'
    out.write_text(f'{{{header},\n"cases": [\n{rows}\n]}}\n', encoding="utf-8")
    failures = sum("error" in case for case in cases)
    print(f"{len(cases)} cases, {failures} of them errors -> {out}")


if __name__ == "__main__":
    main()
