{%- set own_columns = identity_also_columns() -%}
{%- set own_levels = [
    {"level": "same", "m": 0.9, "u": 0.001, "uses_frequency": "true"},
    {"level": "similar", "m": 0.04, "u": 0.01, "uses_frequency": "false"},
    {"level": "different", "m": 0.12, "u": 0.96, "uses_frequency": "false"},
] -%}

with
    defaults as (
        select comparison, level, m, u, uses_frequency, words
        from {{ ref("identity_weights") }}
        {% for column in own_columns %}
            {% for own in own_levels %}
                union all
                select
                    '{{ column }}',
                    '{{ own.level }}',
                    {{ own.m }},
                    {{ own.u }},
                    {{ own.uses_frequency }},
                    cast(null as varchar)
            {% endfor %}
        {% endfor %}
    ),

    record_count as (select * from {{ ref("int_identity__record_count") }}),

    match_weights as (select * from {{ ref("stg_kesher__match_weights") }}),

    newest as (select max(version) as version from match_weights),

    -- A version counts as a whole or not at all.
    trained as (
        select
            match_weights.comparison,
            match_weights.level,
            match_weights.m,
            match_weights.u
        from match_weights
        inner join newest on newest.version = match_weights.version
        where
            match_weights.is_in_force
            and match_weights.m > 0
            and match_weights.m <= 1
            and match_weights.u > 0
            and match_weights.u <= 1
    ),

    final as (
        select
            defaults.comparison,
            defaults.level,
            coalesce(
                trained.m,
                case
                    when defaults.comparison = 'prior'
                    then {{ prior_of_size("defaults.m", "record_count.record_count") }}
                    else defaults.m
                end
            ) as m,
            coalesce(trained.u, defaults.u) as u,
            defaults.uses_frequency,
            defaults.words
        from defaults
        cross join record_count
        left join
            trained
            on trained.comparison = defaults.comparison
            and trained.level = defaults.level
    )

select comparison, level, m, u, uses_frequency, words
from final
