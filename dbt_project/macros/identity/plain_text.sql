{#-
  The marks that no eye sees, as the inside of a class of a regular expression: spaces of no width, the
  direction of writing, the byte order mark, the soft hyphen. They come with what is copied. The same goes
  for zero bytes and their like, which come from old programs.
-#}
{% macro invisible_marks() -%}
    {{
        return(
            "\\x{00}-\\x{08}\\x{0e}-\\x{1f}\\x{7f}\\x{00ad}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2069}\\x{feff}"
        )
    }}
{%- endmacro %}

{#-
  How letters of other alphabets are spelled in Latin or in Hebrew letters, so that `Сергей` and `Sergey`
  compare as spellings of one name: Cyrillic and Greek in Latin letters, as passports do; Arabic in Hebrew
  ones, which have a letter for nearly each of its own and leave out the same vowels. Groups come first.
  dashboard/search.py repeats this.
-#}
{% macro respelled_groups() -%}
    {{ return({"ии": "y", "кс": "x", "ου": "ou", "لل": "ل"}) }}
{%- endmacro %}

{% macro respelled_letters() -%}
    {%- set letters = {} -%}
    {%- for alphabet, spelled in [
        (
            "абвгґдеєжзиіклмнопрстуфхцчшщыэюяјђћџљњѕќѓқғңөұүһә",
            "a b v g g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch y e yu ya"
            ~ " j d c dz lj nj z k g k g n o u u h a",
        ),
        (
            "αβγδεζηθικλμνξοπρσςτυφχψω",
            "a v g d e z i th i k l m n x o p r s s t y f ch ps o",
        ),
        (
            "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةەپچڤگژکیہھےٹڈڑں",
            "א ב ת ת ג ח ח ד ד ר ז ס ש ס ד ט ז ע ג פ ק כ ל מ נ ה ו י ה ה ה"
            ~ " פ ח ו ג ז כ י ה ה י ט ד ר נ",
        ),
    ] -%}
        {%- do letters.update(dict(zip(alphabet, spelled.split()))) -%}
    {%- endfor -%}
    {{ return(letters) }}
{%- endmacro %}

{#- What stands for no sound: the hard and the soft sign, a hamza by itself, what only stretches a line. -#}
{% macro silent_letters() -%} {{ return("ъьءـ") }} {%- endmacro %}

{% macro respelled(text) -%}
    {%- set spelled = namespace(sql=text, one="", instead="") -%}
    {%- for group, letters in respelled_groups().items() -%}
        {%- set spelled.sql = (
            "replace("
            ~ spelled.sql
            ~ ", '"
            ~ group
            ~ "', '"
            ~ letters
            ~ "')"
        ) -%}
    {%- endfor -%}
    {%- for letter, letters in respelled_letters().items() -%}
        {%- if letters | length > 1 -%}
            {%- set spelled.sql = (
                "replace("
                ~ spelled.sql
                ~ ", '"
                ~ letter
                ~ "', '"
                ~ letters
                ~ "')"
            ) -%}
        {%- else -%}
            {%- set spelled.one = spelled.one ~ letter -%}
            {%- set spelled.instead = spelled.instead ~ letters -%}
        {%- endif -%}
    {%- endfor -%}
    case
        when {{ regex_matches(text, "[\\x{0370}-\\x{052f}\\x{0600}-\\x{06ff}]") }}
        then
            {{
                letters_translated(
                    spelled.sql, spelled.one ~ silent_letters(), spelled.instead
                )
            }}
        else {{ text }}
    end
{%- endmacro %}

{#-
  Lower-case letters without accents; those that are no letter with an accent (`ł`, `ß`, the `ª` of
  `Mª`) as people write them who do not have them, and those of other alphabets by `respelled`.
  dashboard/search.py repeats this.
-#}
{% macro plain_letters(text) -%}
    {%- set letters = namespace(
        sql=letters_translated(
            without_accents(text), "łøđðħıªº", "loddhiao"
        )
    ) -%}
    {%- for letter, letters_for_it in [
        ("æ", "ae"),
        ("œ", "oe"),
        ("ß", "ss"),
        ("þ", "th"),
    ] -%}
        {%- set letters.sql = (
            "replace("
            ~ letters.sql
            ~ ", '"
            ~ letter
            ~ "', '"
            ~ letters_for_it
            ~ "')"
        ) -%}
    {%- endfor -%}
    {{ respelled(letters.sql) }}
{%- endmacro %}

{#-
  A text brought down to lower-case letters, digits and single blanks, without accents, Hebrew
  points, invisible marks, apostrophes and geresh (`O'Brien` is `obrien`), at most 200 characters long. Hyphens
  become blanks. Null and nothing but signs give an empty text.
-#}
{% macro plain_text(text) -%}
    case
        -- Much is plain but for its capitals, and to see that is quicker by far.
        when
            {{ regex_matches(text, "^[A-Za-z0-9א-ת]+( [A-Za-z0-9א-ת]+)*$") }}
            and length({{ text }}) <= 200
        then lower({{ text }})
        else
            trim(
                {{
                    regex_replaced(
                        regex_replaced(
                            plain_letters(
                                "lower(left(coalesce(" ~ text ~ ", ''), 200))"
                            ),
                            "['’‘`´׳״\"“”" ~ invisible_marks() ~ "]",
                            "",
                        ),
                        "[^\\p{L}\\p{N}]+",
                        " ",
                    )
                }}
            )
    end
{%- endmacro %}

{#- Like `plain_text`, for names: commas stay, hyphens inside do too, and words in brackets go. -#}
{% macro plain_name(text) -%}
    case
        -- Most names are letters and single spaces already; to see that is quicker by
        -- far.
        when
            {{ regex_matches(text, "^[A-Za-zא-ת]+( [A-Za-zא-ת]+)*$") }}
            and length({{ text }}) <= 200
        then lower({{ text }})
        else
            trim(
                both '- '
                from
                    {{
                        regex_replaced(
                            regex_replaced(
                                regex_replaced(
                                    plain_letters(
                                        "lower(left(coalesce(" ~ text ~ ", ''), 200))"
                                    ),
                                    "['’‘`´׳״\"“”"
                                    ~ invisible_marks()
                                    ~ "]|\\([^)]*\\)",
                                    "",
                                ),
                                "\\s*[-–־]\\s*",
                                "-",
                            ),
                            "[^\\p{L},-]+",
                            " ",
                        )
                    }}
            )
    end
{%- endmacro %}

{#- What a text has besides letters and digits goes. Most have nothing, and to see that is quick. -#}
{% macro letters_and_digits(text) -%}
    case
        when {{ regex_matches(text, "^[A-Za-z0-9]*$") }}
        then {{ text }}
        else {{ regex_replaced(text, "[^\\p{L}\\p{N}]", "") }}
    end
{%- endmacro %}
