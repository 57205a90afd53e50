"""Golden outputs of jinja2 in the environment that transformers renders chat templates in -> tests/golden/jinja.json

Every construct of the language, one short template each: expressions are wrapped in {{ ... }}, `TEMPLATES` stand as they are. What Python or Jinja
refuses is recorded by the kind of its exception.
"""

import jinja2
import transformers
from common import versions, write_json
from transformers.utils.chat_template_utils import _compile_jinja_template

VARIABLES = {
    "name": "Ada", "text": "  Hello, wörld! \n", "n": 7, "x": 2.5, "yes": True, "no": False, "nothing": None, "empty": "", "long": "a-b c_d (e) {f} [g]",
    "words": ["pear", "Fig", "apple", "fig"], "numbers": [3, 1, 2], "nested": [[1, 2], [3], []], "mixed": [1, "a", None, 2.0, True],
    "user": {"name": "Bo", "age": 30, "items": "hidden", "tags": ["x", "y"]}, "html": "<a href=\"x\">'&'</a>", "lines": "one\ntwo\n\nthree",
    "people": [{"name": "Bo", "age": 30, "city": {"zip": 5}}, {"name": "al", "age": 25, "city": {"zip": 3}}, {"name": "Cy", "age": 30}],
    "unicode": "ÀÉ ß ǆ ΟΔΟΣ 日本 🎉", "big": 12345678901234, "tiny": 1e-7, "huge": 1e22, "schema": {"b": [1, 2.0, None, True], "a": {"é": "\"q\"\\\n\t\x01</"}},
    "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}],
}

EXPRESSIONS = r"""
1 + 2 * 3|-7 // 2|-7 % 3|7 // -2|7 % -3|7.5 // 2|-7.5 % 2|7.5 % -2|2 ** 10|2 ** -1|2 ** 3 ** 2|-2 ** 2|10 / 4|10 / 5|1 / 0|1 // 0|5 % 0|1.5 + 1|3 - 5|- n|+ n|not n|--n
true + 1|True * 3|0.1 + 0.2|1e3|1.0|1e16|1e15|123456789.125|1e-4|1e-5|tiny|huge|big|big * 1000|1_000_000|0x1F|0o17|0b101|1.5e-3|1e400|-0.0|3 * x|7 - 7.0|2 ** 0.5|0 ** 0
'a' + 'b'|'a' * 3|3 * 'ab'|'ab' * -1|[1] + [2]|[1, 2] * 2|(1,) + (2,)|'a' + 1|1 + 'a'|[1] + (2,)|'a' ~ 1 ~ none ~ true ~ 2.0 ~ [1]|name ~ missing ~ '!'|missing + 'a'|'a' + missing|'a' - 'b'|{} + {}
1 < 2 < 3|1 < 3 < 2|1 == 1.0|1 == true|'a' < 'b'|'B' < 'a'|[1, 2] < [1, 3]|(1, 2) < (1, 2, 0)|1 < 'a'|none == none|none < 1|'é' > 'z'|[1] == (1,)|{'a': 1} == {'a': 1.0}|missing == missing|missing == none|1 != 2|2 >= 2 <= 2
big == 12345678901234.0|9007199254740993 == 9007199254740992.0|9007199254740993 > 9007199254740992.0
1 in [1, 2]|3 not in [1, 2]|'ell' in 'hello'|'' in 'a'|1 in 'a'|'a' in {'a': 1}|'name' in user|1 in missing|1 in 5|'x' in user.tags|2 in (1, 2)|[1] in [[1]]|1.0 in [1]|none in mixed|not 1 in [1]|not (1 in [1])
1 and 2|0 and 2|'' or 'x'|none or 0|1 or missing.x|missing and 1|not missing|not ''|not []|not [0]|not {}|not 0.0|not none|yes and no or name|no or nothing|1 and 'a' and []
'a' if yes|'a' if no|'a' if no else 'b'|'a' if no else 'b' if yes else 'c'|('a' if no) ~ 'z'|(1 if yes else 2) + 1|[1 if no else 2]
name|missing|missing.attr|missing['a']|missing()|user.name|user['name']|user.items|user['items']|user.missing|user.missing.more|user['x']|user.tags[0]|user.tags[-1]|user.tags[5]|user.tags[5].x|name[0]|name[-1]|name[9]|words.0|words[1.0]|words[true]|words['a']|n.x|nothing.x|user[none]
words[1:]|words[:-1]|words[::-1]|words[1:3]|words[-2:]|words[5:]|words[:100]|words[::2]|words[3:0:-1]|words[::0]|name[1:]|name[::-1]|name[:2]|unicode[3:9]|unicode[::-2]|numbers[none:2]|n[1:]|missing[1:]|user[1:]|(1, 2, 3)[1:]|range(10)[2:5]|words['a':]|'abc'[5:1]|'abc'[-100:2]|messages[1:] | length
[]|[1, 'two', 3.0, none, true]|()|(1,)|(1, 2)|{}|{'a': 1, 'b': [2]}|{1: 'x', none: 2, 1.5: 3, true: 4}|{'a': 1, 'a': 2}|{[1]: 2}|{(1, 2): 3}[1, 2]|[1, 2,]|(1, 2,)|{'a': 1,}|[[]]|[missing]|1, 2|'a' 'b' "c"
"it's"|'say "x"'|["it's"]|['say "x"']|['both \' "']|['\n\t\\ \x01 é \u200b \U0001F389 \xa0']|'\x41\u00e9\101\q\a'|'a\
b'|"\'"|'\\n'|'é'|[tiny, huge, 1e16, 100000.0]
words | join|words | join(', ')|mixed | join('-')|people | join(', ', attribute='name')|missing | join|'abc' | join('.')|user | join(',')|[] | join('x')|numbers | join(1)|nested | join
text | trim|'xxaxx' | trim('x')|' a ' | trim | length|n | trim|missing | trim|none | trim|text | upper|text | lower|unicode | upper|unicode | lower|unicode | title|unicode | capitalize|long | title|"it's a dog's" | title|'HELLO wORLD' | capitalize|'' | title|n | upper|'ǆabc' | title|'ΑΣ ΑΣΑ Σ' | lower
words | length|name | count|unicode | length|user | length|n | length|missing | length|none | length|range(5) | length|'' | length
words | first|words | last|[] | first|[] | last|([] | first).x|name | first|user | first|user | last|missing | first|missing | last|range(3) | last|n | first|words | select | first|words | select | last|words | reverse | first
missing | default('x')|missing | d|empty | default('x')|empty | default('x', true)|none | default('x')|none | d('x', boolean=true)|user.zip | default(0)|name | default('x')|missing.a | default('x')|0 | default(1, true)
'a.b.a' | replace('a', 'c')|'aaa' | replace('a', 'b', 2)|'abc' | replace('', '-')|n | replace(7, 8)|'aaa' | replace('a', 'b', count=1)|none | replace('o', '0')|'x' | replace('x')
user | tojson|schema | tojson|schema | tojson(indent=2)|schema | tojson(indent=0)|schema | tojson(indent='\t')|schema | tojson(ensure_ascii=true)|schema | tojson(sort_keys=true)|schema | tojson(separators=(',', ':'))|mixed | tojson|name | tojson|none | tojson|missing | tojson|1e16 | tojson|(1, 2) | tojson|{1: 2, true: 3, none: 4, 1.5: 5} | tojson|{(1,): 2} | tojson|[] | tojson(indent=2)|{} | tojson(indent=4)|words | select | tojson|range(3) | tojson|html | tojson|unicode | tojson(ensure_ascii=true)|[[], {}, [1]] | tojson(indent=1)|1e-7 | tojson|[1e400, -1e400] | tojson|user.items() | tojson|'\x7f\u2028' | tojson|'\x7f' | tojson(ensure_ascii=true)|user | tojson(2)|schema | tojson(indent=-1)|big | tojson
words | sort|numbers | sort(reverse=true)|words | sort(case_sensitive=true)|people | sort(attribute='age') | map(attribute='name') | list|people | sort(attribute='age,name') | map(attribute='name') | list|mixed | sort|people | sort(attribute='city.zip')|'hello' | sort|missing | sort|user | sort|people | sort(attribute='age', reverse=true) | map(attribute='name') | list|[[2, 'a'], [1, 'b']] | sort
words | unique | list|words | unique(case_sensitive=true) | list|people | unique(attribute='age') | map(attribute='name') | list|[1, 1.0, true, '1'] | unique | list|[[1]] | unique | list
words | reverse | list|name | reverse|unicode | reverse|user | reverse | list|5 | reverse|numbers | select | reverse|range(3) | reverse | list
numbers | sum|numbers | sum(start=10)|people | sum(attribute='age')|people | sum('age', 1)|words | sum|[] | sum|[1.5, 2] | sum|[[1], [2]] | sum(start=[])|[0.1, 0.2, 0.3] | sum
numbers | min|numbers | max|words | min|words | max|words | max(case_sensitive=true)|people | max(attribute='age')|[] | max|[] | min|mixed | max|user | max
people | map(attribute='name') | list|people | map(attribute='city.zip') | list|people | map(attribute='city.zip', default=9) | list|people | map(attribute='zip', default='?') | list|words | map('upper') | list|words | map('replace', 'p', 'b') | list|nested | map('length') | list|nested | map('first') | list|nested | map(attribute=0) | list|words | map('nosuch') | list|words | map | list|words | map(attribute='x', y=1) | list|[['a', 'b']] | map('join', '+') | list|missing | map('upper') | list|numbers | map('string') | join('')
mixed | select | list|mixed | reject | list|numbers | select('odd') | list|numbers | reject('even') | list|mixed | select('string') | list|numbers | select('>', 1) | list|numbers | select('in', [1, 2]) | list|numbers | select('divisibleby', 3) | list|numbers | select('nosuch') | list|missing | select | list|5 | select | list|numbers | select('gt', 1) | map('string') | join('+')
people | selectattr('age', 'eq', 30) | map(attribute='name') | list|people | selectattr('city') | list | length|people | rejectattr('city') | map(attribute='name') | list|people | selectattr('city.zip', 'defined') | list|messages | selectattr('role', 'equalto', 'user') | list|messages | rejectattr('role', 'in', ['user', 'system']) | first|people | selectattr('name', '==', 'Cy') | first | tojson|messages | selectattr('role', 'equalto', 'tool') | list | length > 0|messages | selectattr|messages | selectattr('role', 'equalto', 'user')|messages | selectattr('role', 'equalto', 'user') | length|(messages | selectattr('role', 'eq', 'tool')) is true|not messages | selectattr('role', 'eq', 'tool')|(messages | selectattr('role', 'eq', 'user'))[0]
user | items | list|user.items | list|missing | items | list|words | items | list|user | dictsort|user | dictsort | first|{'b': 1, 'A': 2} | dictsort|{'b': 1, 'A': 2} | dictsort(true)|{'b': 1, 'A': 2} | dictsort(false, 'value')|{'b': 1, 'A': 2} | dictsort(by='value', reverse=true)|words | dictsort|{'b': 1, 'A': 2} | dictsort(by='x')
'42' | int|'42.7' | int|'x' | int|'x' | int(5)|'0x1A' | int(base=16)|'1A' | int(0, 16)|none | int|3.9 | int|-3.9 | int|true | int|missing | int|' 12 ' | int|'1_0' | int|'1e3' | int|[] | int(7)|'-5' | int|'+5' | int|'--5' | int|'101' | int(base=2)
'2.5' | float|'x' | float|'x' | float(1.5)|3 | float|none | float|'1e3' | float|' 1.5 ' | float|'inf' | float|'nan' | float|'-1_0.5' | float|'1.5x' | float|missing | float|true | float|'' | float|'.5' | float|'5.' | float
n | string|none | string|[1] | string|x | string ~ 'a'|true | string|-5 | abs|-5.5 | abs|'a' | abs|true | abs|2.5 | round|3.5 | round|2.675 | round(2)|42 | round|-2.5 | round|1234 | round(-2)|1250 | round(-2)|1234.5 | round(-2)|2.1 | round(0, 'ceil')|2.9 | round(method='floor')|2.345 | round(2, 'ceil')|7 | round(1, 'floor')|'a' | round|1.5 | round(0, 'x')|0.5 | round|1e300 | round(2)
lines | indent|lines | indent(2, true)|lines | indent(blank=true)|lines | indent('> ', true, true)|'' | indent|'a' | indent(first=true)|'a\n' | indent(2)|lines | indent(width=0)|n | indent
html | escape|html | e|html | safe|html | escape | escape|html | e ~ '<'|(html | e) + '<'|'<' + ('<' | safe)|('<' | safe) + '<' | e|('<b>' | safe) * 2|('a' | e).replace('a', '<')|('<' | e).join(['<', 'x'])|[html | safe]|('<x>' | safe) | upper|('x' | safe) is string|('<' | safe) is escaped|('x' | safe)[0] is escaped|('a b' | safe).split() | first is escaped|('%s' | safe) % '<'|n | escape|missing | e
'%s is %d' | format(name, n)|'%s' | format|'%(a)s' | format(a=1)|'%s' % name|'%d%%' % 5|'%5.2f|%-5s|%05d|%+d|%x|%X|%o|%e|%g|%c|%r' % (x, 'a', 42, 5, 255, 255, 8, 12345.678, 0.0001, 'z', 'q')|'%s %s' % (1, 2)|'%s' % (1, 2)|'%s %s' % 1|'%d' % 'a'|'%(name)s' % user|'%z' % 1|'%s' % [1, 2]|'%.2s' % 'abc'|'%5s' % 'é'|'x' % user|'%d' % 3.7|'%i' % true|'%x' % 1.5|'%.3g' % 1234.5|'%' % 1
'{} {}'.format(1, 'a')|'{0} {1} {0}'.format(1, 2)|'{a}-{b}'.format(a=1, b=2)|'{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c')|'{:05d} {:,} {:+}'.format(42, 1234567, 3)|'{:.2f} {:.1%} {:e}'.format(x, 0.5, x)|'{{}} {}'.format(1)|'{user[name]}'.format(user=user)|'{0.name}'.format(user)|'{0[1]}'.format(words)|'{!r}'.format('a')|'{'.format()|'}'.format()|'{}'.format()|'{x}'.format()|'{:*^7}'.format('mid')|'{:x} {:#x} {:b} {:o}'.format(255, 255, 5, 8)|'{:d}'.format('a')|'{} {0}'.format(1)|'{:8.3f}|'.format(3.14159)|'{:s}'.format(1)|'{:.2}'.format('abc')|'{:,.2f}'.format(1234567.891)|'{}'.format(none)|'{:>6}'.format(true)|'{0.__class__}'.format(1)
' a '.strip()|'xxaxx'.strip('x')|'xya'.lstrip('xy')|'ayx'.rstrip('xy')|'\n a \n'.rstrip()|'a b  c'.split()|'a,b,,c'.split(',')|'a b c d'.split(' ', 2)|'  a b c  '.split(none, 1)|'a,b,c'.rsplit(',', 1)|'  a b c  '.rsplit(none, 1)|''.split()|''.split(',')|'abc'.split('')|'a--b'.split('--')|'a b'.split(maxsplit=1)|'a b c'.split(sep=' ', maxsplit=1)|'é\u3000b'.split()|'abc'.split('b') [-1]|'x</think>y'.split('</think>')[0].rstrip('\n').split('<think>')[-1]
'hello'.startswith('he')|'hello'.startswith(('x', 'he'))|'hello'.endswith('lo')|'hello'.startswith('l', 2)|'hello'.endswith('l', 0, 4)|'hello'.startswith(1)|'hello'.find('l')|'hello'.rfind('l')|'hello'.find('z')|'hello'.index('l')|'hello'.index('z')|'日本語'.find('語')|'hello'.find('l', 3)|'hello'.find('l', -1)|'hello'.count('l')|'aaaa'.count('aa')|'abc'.count('')|'hello'.rindex('l')
'aXb'.upper()|'aXb'.lower()|'hello world'.title()|"they're bill's".title()|'HELLO'.capitalize()|'aXa'.replace('a', 'b')|'aaa'.replace('a', 'b', 2)|'abc'.replace('', '-')|'-'.join(['a', 'b'])|'-'.join([1])|'-'.join('abc')|'-'.join(5)|'AB'.isupper()|'ab'.islower()|'a1'.isalnum()|'12'.isdigit()|'½'.isnumeric()|'a'.isalpha()|' '.isspace()|''.isspace()|'a=b=c'.partition('=')|'a=b=c'.rpartition('=')|'abc'.partition('x')|'a\nb\r\nc'.splitlines()|'a\nb'.splitlines(true)|'abc'.removeprefix('a')|'abc'.removesuffix('c')|'5'.zfill(3)|'-5'.zfill(4)|'a'.ljust(3) ~ '|'|'a'.rjust(3)|'a'.rjust(3, '*')
user.get('name')|user.get('x')|user.get('x', 5)|user.get('x', default=5)|user.keys()|user.values() | list|user.items()|user.keys() | list|'name' in user.keys()|user.keys() | length|user.copy() == user|words.index('Fig')|words.index('zzz')|words.count('fig')|(1, 2, 1).count(1)|user.get()|user.keys()[0]|user.items() | first|[user.values()]|user.keys() == user.keys()
words.append('x')|words.pop()|user.update({})|user.pop('name')|user.setdefault('a', 1)|words.append|name.__class__|name.__class__.__mro__|user.__init__|words.append is defined|words.sort()|words.reverse()|user.clear|''.__class__ is undefined|name['__class__']|(words | attr('append'))
name is defined|missing is defined|missing is undefined|user.x is defined|user.x.y is defined|nothing is none|missing is none|name is string|n is string|n is number|x is number|yes is number|n is integer|yes is integer|x is float|n is float|yes is boolean|n is boolean|user is mapping|words is mapping|words is iterable|name is iterable|n is iterable|user is iterable|words is sequence|name is sequence|user is sequence|n is sequence|missing is sequence|missing is iterable|range(3) is sequence|user.items() is sequence|(words | map('upper')) is sequence|(words | map('upper')) is iterable|yes is true|1 is true|no is false|0 is false|nothing is false
3 is odd|3 is even|-3 is odd|2.0 is even|'a' is odd|6 is divisibleby 3|6 is divisibleby(4)|'ab' is lower|'AB' is upper|'Ab' is upper|5 is lower|1 is eq 1|1 is equalto 2|1 is == 1|1 is sameas 1|yes is sameas true|1 is sameas true|none is sameas none|1 is in [1]|3 is not in [1]|'a' is in 'abc'|5 is gt 3|5 is lt 3|5 is ge 5|5 is le 4|5 is ne 5|5 is greaterthan 3|5 is lessthan(3)|'upper' is filter|'nosuch' is filter|'odd' is test|range is callable|name is callable|missing is callable|n is nosuch|n is odd is true|n is not odd|not n is odd|n is defined and n is odd|n is not none and n > 3|user is mapping and 'x' not in user|(n is odd) ~ ''|n + 1 is even|missing is not defined|words is not string and words is iterable|nothing is not none
range(5) | list|range(1, 4) | list|range(5, 0, -2) | list|range(0)|range(3)|range(1, 9, 2)|range(5)[1]|range(5)[-1]|range(3) | length|range(0, 5, 0)|range(100001)|range('a')|range()|3 in range(5)|range(3) == range(3)|range(2) == [0, 1]|range(5, 2) | list
dict(a=1, b=2)|dict([('x', 1), ['y', 2]])|dict({'a': 1}, b=2)|dict(**user) == user|dict()|dict([1])|dict({'a': 1}, a=2)|namespace(a=1).a|namespace(a=1).b|namespace({'a': 5}).a|namespace(a=1) is mapping|namespace(_a=1)|namespace([('q', 2)]).q|namespace(a=1)['a']
raise_exception('no')|raise_exception('no' ~ n)|raise_exception(user)|strftime_now('')|strftime_now('%%')|nosuch(1)|name()|n(1)|n | nosuch|user.name()|words | batch(3) | list|words | batch(3, '-') | list|[1] | batch(2) | list|user | attr('name')|user | attr('get')|words | list == words|'abc' | list|user | list|n | list|words | string|html | string
(1)(2)|'a'.b.c|{'a': {'b': [10, 20]}}.a.b[1]|[[1, 2], [3]][0][1]|((1))|(((1, 2)))[0]|'abc'[1:][0]|words | first | upper ~ '!'|-words | length|-5 | abs|2 * n | string|(2 * n) | string|'a' ~ 'b' | upper|('a' ~ 'b') | upper|not no and yes|1 + 1 == 2|1 if 0 else 2 + 3|'x' in 'xy' == true|[1, 2] | length + 1|words | join(',') | length|user.tags | join(',') ~ user.age|numbers[0] + numbers[-1]|[] or {} or 'z'
""".strip().replace("\\\nb'", "\\\x00b'").split("\n")

from jinja_templates import TEMPLATES  # noqa: E402


def expressions():
    for line in EXPRESSIONS:
        depth, quote, start, i = 0, "", 0, 0
        while i <= len(line):  # a bar between expressions stands alone, one before a filter has blanks around it
            c = line[i] if i < len(line) else "|"
            if quote:
                i += c == "\\"
                quote = "" if c == quote else quote
            elif c in "'\"":
                quote = c
            elif c == "|" and not line[i - 1 : i + 2].startswith(" | "):
                yield "{{ " + line[start:i].replace("\x00", "\n") + " }}"
                start = i + 1
            i += 1


def outcome(source):
    try:
        out = _compile_jinja_template(source).render(**VARIABLES)
        if " at 0x" in out:
            return {"template": source, "refused": "an address in memory"}
        return {"template": source, "out": out}
    except Exception as error:  # whatever Python or Jinja raises is what the test is to see refused
        return {"template": source, "refused": type(error).__name__}


def main():
    cases = [outcome(source) for source in [*expressions(), *TEMPLATES]]
    write_json("jinja.json", {"versions": versions(jinja2, transformers), "variables": VARIABLES, "cases": cases})
    print(len(cases), "cases,", sum("refused" in case for case in cases), "refused")


main()
