{#- A text without HTML: tags are spaces, the common entities are what they stand for. -#}
{% macro without_html(text) %}
    {{ return(adapter.dispatch("without_html")(text)) }}
{% endmacro %}

{% macro duckdb__without_html(text) %}
    nullif(
        trim(
            regexp_replace(
                replace(
                    replace(
                        replace(
                            replace(
                                replace(
                                    replace(
                                        regexp_replace(
                                            {{ text }}, '</?[A-Za-z][^>]*>', ' ', 'g'
                                        ),
                                        '&nbsp;',
                                        ' '
                                    ),
                                    '&lt;',
                                    '<'
                                ),
                                '&gt;',
                                '>'
                            ),
                            '&quot;',
                            '"'
                        ),
                        '&#39;',
                        ''''
                    ),
                    '&amp;',
                    '&'
                ),
                ' +',
                ' ',
                'g'
            )
        ),
        ''
    )
{% endmacro %}
