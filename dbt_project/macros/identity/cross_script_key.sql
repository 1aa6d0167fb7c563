{#-
  What is left of a name when one listens to its consonants only, the same for its Hebrew and
  its Latin spelling: `משה` and `Moshe` are both `ms`, `כהן` and `Cohen` both `kn`.

  The text must be lower case and without accents. The rules, in order (dashboard/search.py
  repeats them):
    1. a Latin letter written twice counts once;
    2. Latin groups become one letter: x→ks; sch, sh→s; tch, ch, kh→H; ph→f; th→t; tz, ts→z;
       ck, qu→k; gh→g; ce, ci, cy→s and the vowel;
    3. whatever is then no letter of the two scripts is dropped;
    4. the first letter: a for a vowel or א ע י y; h for ה ח h H; b for ב ו b v w; others as in 5;
    5. every further letter: vowels, y and א ה ע י ו are dropped; ב b→b; ג g j→g; ד d→d;
       ז צ z→z; ח כ ק c k q H→k; ט ת t→t; ל l→l; מ m→m; נ n→n; ס ש s→s; פ p f→p; ר r→r;
       v and w are dropped as ו is, or are `b` as ב is; h is dropped as ה is, or is `k` as ח is:
       a Latin spelling does not tell, so that a name has a key for each, see `name_keys`.
  Empty text gives an empty key.
-#}
{% macro cross_script_key(text, v="", h="", dropped="") -%}
    {%- set spelled = namespace(sql="left(coalesce(" ~ text ~ ", ''), 60)") -%}
    {%- for letter in "bcdfgklmnprstvz" -%}
        {%- set spelled.sql = (
            "replace("
            ~ spelled.sql
            ~ ", '"
            ~ letter
            ~ letter
            ~ "', '"
            ~ letter
            ~ "')"
        ) -%}
    {%- endfor -%}
    {%- for group, letter in [
        ("x", "ks"),
        ("sch", "s"),
        ("tch", "H"),
        ("sh", "s"),
        ("ch", "H"),
        ("kh", "H"),
        ("ph", "f"),
        ("th", "t"),
        ("tz", "z"),
        ("ts", "z"),
        ("ck", "k"),
        ("qu", "k"),
        ("gh", "g"),
        ("ce", "se"),
        ("ci", "si"),
        ("cy", "sy"),
    ] -%}
        {%- set spelled.sql = (
            "replace("
            ~ spelled.sql
            ~ ", '"
            ~ group
            ~ "', '"
            ~ letter
            ~ "')"
        ) -%}
    {%- endfor -%}
    {%- set letters = regex_replaced(spelled.sql, "[^a-zHא-ת]", "") -%}
    {%- set consonants = "גjדזצץכךקcqHטתלמםנןסשפףfר" -%}
    {%- set sounds = "ggdzzzkkkkkkttlmmnnsspppr" -%}
    {%- set letters_of = {"ב": "b", "ח": "k"} -%}
    {%- do letters_of.update({"v": v, "w": v, "h": h}) -%}
    {%- set kept = namespace(letters=consonants, sounds=sounds) -%}
    {%- for letter, sound in letters_of.items() if sound and letter not in dropped -%}
        {%- set kept.letters = kept.letters ~ letter -%}
        {%- set kept.sounds = kept.sounds ~ sound -%}
    {%- endfor -%}
    {%- set silent = (
        "aeiouyאהעיו" ~ dropped ~ ("" if v else "vw") ~ ("" if h else "h")
    ) -%}
    {#- Without the Hebrew letters the work is half as much, and most names have none. -#}
    {%- set latin = namespace(letters="", sounds="") -%}
    {%- for letter in kept.letters if letter < "א" -%}
        {%- set latin.letters = latin.letters ~ letter -%}
        {%- set latin.sounds = (
            latin.sounds ~ kept.sounds[kept.letters.index(letter)]
        ) -%}
    {%- endfor -%}
    {%- set latin_silent = silent | select("lt", "א") | join -%}
    {%- set first_letters = "aeiouyאעיhHהחvwובגjדזצץכךקcqטתלמםנןסשפףfר" -%}
    {%- set first_sounds = "aaaaaaaaahhhhbbbbggdzzzkkkkkttlmmnnsspppr" -%}
    {%- set the_same = "bdgklmnprstz" -%}
    {%- set first_letter = "left(" ~ letters ~ ", 1)" -%}
    concat(
        substr(
            '{{ first_sounds }}{{ the_same }}',
            position({{ first_letter }} in '{{ first_letters }}{{ the_same }}'),
            length({{ first_letter }})
        ),
        case
            when {{ regex_matches(letters, "[א-ת]") }}
            then
                {{
                    letters_translated(
                        "substr(" ~ letters ~ ", 2)",
                        kept.letters ~ silent,
                        kept.sounds,
                    )
                }}
            else
                {{
                    letters_translated(
                        "substr(" ~ letters ~ ", 2)",
                        latin.letters ~ latin_silent,
                        latin.sounds,
                    )
                }}
        end
    )
{%- endmacro %}

{#- The keys that a name may have: several if it is spelled with v, w or h. -#}
{% macro name_keys(text) -%}
    {{
        list_union(
            list_union(
                list_of_one(cross_script_key(text)),
                list_of_one(cross_script_key(text, v="b")),
            ),
            list_union(
                list_of_one(cross_script_key(text, h="k")),
                list_of_one(cross_script_key(text, v="b", h="k")),
            ),
        )
    }}
{%- endmacro %}

{#-
  The key by which names are brought together to be compared: after the first letter without
  any b, ב and ח, so that it is one for all ways to spell a v and an h.
-#}
{% macro loose_name_key(text) -%}
    {{ cross_script_key(text, dropped="bבח") }}
{%- endmacro %}

{#-
  How a given name sounds: its keys, each with its ending, a vowel (`+`) or a consonant (`-`), so
  that `דן` is not taken for Dana. A Latin e at the end may be either (Moshe, Mike). `keys` are the
  columns that hold what `name_keys` makes of the name.
-#}
{% macro given_name_sounds(text, keys) -%}
    {%- set sounds = namespace(list=list_of([])) -%}
    {%- for key in keys -%}
        {%- for silent in ["+", "-"] -%}
            {%- set ending = (
                "case when "
                ~ regex_matches(text, "([aiouy]|[aeo]h|[אהיוע])$")
                ~ " then '+' when "
                ~ text
                ~ " like '%e' then '"
                ~ silent
                ~ "' else '-' end"
            ) -%}
            {%- set sound = "concat(" ~ key ~ ", " ~ ending ~ ")" -%}
            {%- set sounds.list = list_union(sounds.list, list_of_one(sound)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ sounds.list }}
{%- endmacro %}

{#-
  The Hebrew letters with which a name in lower case may begin, as a list: `chaim` with ח, כ or צ, as
  in Charlie. An initial may stand for a group of letters: `t` for the צ of Tzipi too.
-#}
{% macro hebrew_initials(name) -%}
    {%- set groups = {
        "tch": "צ",
        "sch": "ש",
        "sh": "ש",
        "ch": "ח כ צ",
        "kh": "ח כ",
        "tz": "צ",
        "ts": "צ",
        "cz": "צ",
        "th": "ת ט",
        "ph": "פ",
        "zh": "ז",
    } -%}
    {%- set initials = {"c": "כ ק ס צ ח", "k": "כ ק ח", "t": "ט ת צ"} -%}
    {%- set letters = {
        "a": "א ע",
        "b": "ב",
        "c": "כ ק ס צ",
        "d": "ד",
        "e": "א ע י",
        "f": "פ",
        "g": "ג",
        "h": "ה ח",
        "i": "א ע י",
        "j": "י ג ז",
        "k": "כ ק",
        "l": "ל",
        "m": "מ",
        "n": "נ",
        "o": "א ע",
        "p": "פ",
        "q": "ק כ",
        "r": "ר",
        "s": "ס ש",
        "t": "ט ת",
        "u": "א ע",
        "v": "ב ו",
        "w": "ו ב",
        "x": "ק ס",
        "y": "י",
        "z": "ז צ",
    } -%}
    {%- set spelled -%}
        case
            when {{ regex_matches(name, "^[א-ת]") }}
            then left({{ name }}, 1)
            {% for letter, hebrew in initials.items() %}
                when {{ name }} = '{{ letter }}'
                then '{{ hebrew }}'
            {% endfor %}
            {% for group, hebrew in groups.items() %}
                when starts_with({{ name }}, '{{ group }}')
                then '{{ hebrew }}'
            {% endfor %}
            {% for letter, hebrew in letters.items() %}
                when starts_with({{ name }}, '{{ letter }}')
                then '{{ hebrew }}'
            {% endfor %}
        end
    {%- endset -%}
    {{ words_of(spelled) }}
{%- endmacro %}
