-- The macros that compiled expressions use. A parameter stands at most a few times in a macro, because DuckDB puts the whole
-- argument in each place; what is used more often is computed first, in a column of its own (see `Scope.once`).

-- Text -----------------------------------------------------------------------------------------------------------

CREATE MACRO trimmed(cell) AS trim(cell, chr(9) || chr(10) || chr(13) || ' ');

-- Trimming costs much more than seeing that there is nothing to trim.
CREATE MACRO trimmed_if_need_be(cell) AS
    CASE
        WHEN ascii(cell) <= 32 OR ends_with(cell, ' ') OR ends_with(cell, chr(9)) OR ends_with(cell, chr(13)) OR ends_with(cell, chr(10))
            THEN trimmed(cell)
        ELSE cell
    END;

-- A cell in Unicode's compatible forms, without blanks around it.
CREATE MACRO clean(cell) AS
    CASE
        WHEN strlen(cell) > length(cell) AND regexp_matches(cell, '[\x{00A0}-\x{00BF}\x{2000}-\x{209F}\x{2100}-\x{218F}\x{2460}-\x{24FF}\x{3000}\x{3200}-\x{33FF}\x{F900}-\x{FAFF}\x{FE30}-\x{FE6F}\x{FF00}-\x{FFEF}]')
            THEN trimmed(nfkc(cell))
        ELSE trimmed_if_need_be(cell)
    END;

-- Nothing where a cell says that there is nothing.
CREATE MACRO not_nothing(cell) AS
    CASE WHEN NOT (cell = '' OR cell = 'NULL' OR cell = 'null' OR cell = '#N/A' OR cell = '\N') THEN cell END;

CREATE MACRO plain_number(cell) AS
    CASE WHEN regexp_full_match(cell, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') THEN TRY_CAST(cell AS DOUBLE) END;

-- A number that a spreadsheet has rounded.
CREATE MACRO damaged_identifier(cell) AS regexp_matches(cell, '^\s*[0-9](\.[0-9]+)?[Ee]\+?[0-9]+\s*$');

-- Positive 63 bits of a digest: the same for the same key in every delivery and on every machine.
CREATE MACRO identifier(key) AS CAST(md5_number_lower(key) >> 1 AS BIGINT);

-- Dates ----------------------------------------------------------------------------------------------------------

-- The usual ways to write a date and a time, brought into the form of ISO 8601, which is cast quickly.
CREATE MACRO iso_text(cell) AS
    CASE
        WHEN cell[5] = '-' THEN cell
        WHEN cell[5] = '/' THEN replace(cell, '/', '-')
        WHEN cell[5] = '年' THEN replace(replace(replace(cell, '年', '-'), '月', '-'), '日', '')
        WHEN cell[5] = '.' AND length(cell) <= 10 THEN replace(cell, '.', '-')
        WHEN length(cell) = 8 THEN cell[1:4] || '-' || cell[5:6] || '-' || cell[7:8]
        WHEN length(cell) = 14 OR length(cell) = 12
            THEN cell[1:4] || '-' || cell[5:6] || '-' || cell[7:8] || ' ' || cell[9:10] || ':' || cell[11:12] || ':' || coalesce(nullif(cell[13:14], ''), '00')
    END;

CREATE MACRO moment(iso) AS
    coalesce(
        TRY_CAST(iso AS TIMESTAMP),
        CASE
            WHEN regexp_matches(iso, '[ T]24:00(:00)?$')
                THEN TRY_CAST(regexp_replace(iso, '24:00(:00)?$', '00:00') AS TIMESTAMP) + INTERVAL 1 DAY
        END
    );

-- Laboratory results ---------------------------------------------------------------------------------------------

-- Superscripts after a ten are an exponent; arrows and flags say high or low, which the range says as well.
CREATE MACRO result_text(cell) AS
    trim(regexp_replace(regexp_replace(
        nfkc(regexp_replace(cell, '10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)', '10^\1', 'g')),
        '[↑↓⇑⇓→]|^\s*\*+|\*+[↑↓⇑⇓→\s]*$', '', 'g'), '([0-9])\s*(HH?|LL?|高|低)$', '\1'));

CREATE MACRO result_sign(t) AS regexp_extract(t, '^(<=|>=|≤|≥|<|>|=|小于等于|大于等于|小于|大于|低于|高于)');

CREATE MACRO operator_concept(sign) AS
    CASE sign
        WHEN '<' THEN 4171756 WHEN '小于' THEN 4171756 WHEN '低于' THEN 4171756
        WHEN '<=' THEN 4171754 WHEN '≤' THEN 4171754 WHEN '小于等于' THEN 4171754
        WHEN '>' THEN 4172704 WHEN '大于' THEN 4172704 WHEN '高于' THEN 4172704
        WHEN '>=' THEN 4171755 WHEN '≥' THEN 4171755 WHEN '大于等于' THEN 4171755
        WHEN '=' THEN 4172703
    END;

-- A number that stands alone, before a unit or a remark in brackets, or after a qualitative word; 19del is none.
CREATE MACRO result_digits(r) AS
    CASE
        WHEN regexp_matches(r, '^[+-]?[0-9]')
            THEN regexp_extract(r, '^([+-]?[0-9][0-9.,]*([eE][+-]?[0-9]+)?(\s*[×xX*]\s*10\^?[0-9]+)?)(\s*%|[a-zA-Zμ]*/[a-zA-Zμ/0-9^*.]+|fL|pg|s|I?U|mmHg|\s+[a-zA-Zμ/][a-zA-Zμ/0-9^*.]*|\s*\(.*\))?$', 1)
        ELSE regexp_extract(r, '^(?:阳性|弱阳性|阴性|POS|NEG)[^0-9]*\s([0-9]+\.?[0-9]*)$', 1)
    END;

-- A comma before three digits parts thousands, before other digits it is the decimal sign.
CREATE MACRO decimal_number(d) AS
    TRY_CAST(CASE
        WHEN contains(d, ',') THEN
            CASE WHEN regexp_full_match(d, '[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?') THEN replace(d, ',', '') ELSE replace(d, ',', '.') END
        ELSE d
    END AS DOUBLE);

CREATE MACRO digits_number(d) AS
    CASE
        WHEN regexp_matches(d, '[×xX*]\s*10') THEN
            decimal_number(regexp_extract(d, '^[^×xX* ]+')) * pow(10, TRY_CAST(regexp_extract(d, '10\^?([0-9]+)$', 1) AS INTEGER))
        ELSE decimal_number(d)
    END;

CREATE MACRO part_number(t, pattern) AS TRY_CAST(regexp_extract(t, pattern, 1) AS DOUBLE);

CREATE MACRO read_range(t) AS {
    'low': coalesce(
        part_number(t, '^([+-]?[0-9.]+)\s*(?:--|-|~|—|–|至)\s*[+-]?[0-9.]+'),
        part_number(t, '^(?:>=|≥|>|大于)\s*([0-9.]+)')),
    'high': coalesce(
        part_number(t, '^[+-]?[0-9.]+\s*(?:--|-|~|—|–|至)\s*([+-]?[0-9.]+)'),
        part_number(t, '^(?:<=|≤|<|小于)\s*([0-9.]+)'))
};

-- One spelling for units that differ only in how they are typed.
CREATE MACRO unit_spelling(cell) AS
    regexp_replace(regexp_replace(regexp_replace(
        replace(replace(nfkc(regexp_replace(cell, '10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)', '10^\1', 'g')), ' ', ''), 'μ', 'u'),
        '^[×xX*]', ''), '10[*eE]([0-9]+)', '10^\1'), '^10([0-9]{1,2})/', '10^\1/');

CREATE MACRO laboratory_name(cell) AS lower(replace(cell, ' ', ''));

-- Codes and names ------------------------------------------------------------------------------------------------

CREATE MACRO morphology(code) AS regexp_replace(code, '^M?([0-9]{4})[0-9]{0,2}/([0-9])[0-9]?$', 'M\1/\2');

-- Of a pair of dagger and asterisk codes the first; a morphology code as the vocabulary writes it.
CREATE MACRO diagnosis_code(cell) AS
    CASE
        WHEN regexp_matches(cell, '^[Mm]?[0-9]{4,6}/[0-9]') THEN morphology(upper(cell))
        ELSE regexp_extract(upper(replace(cell, ' ', '')), '^[^+*†,;、]+')
    END;

CREATE MACRO four_characters(code) AS
    CASE
        WHEN regexp_matches(code, '^[A-Z][0-9]{2}\.?[0-9]') THEN regexp_replace(code, '^([A-Z][0-9]{2})\.?([0-9]).*$', '\1.\2')
        WHEN regexp_matches(code, '^[A-Z][0-9]{2}([.X]|$)') THEN code[:3]
        ELSE code
    END;

CREATE MACRO category(code) AS regexp_extract(code, '^[A-Z][0-9]{2}');

CREATE MACRO procedure_code(cell) AS upper(replace(cell, ' ', ''));

CREATE MACRO first_digits(code, digits) AS
    CASE digits WHEN 4 THEN regexp_extract(code, '^[0-9]{2}\.[0-9]{2}') ELSE regexp_extract(code, '^[0-9]{2}\.[0-9]') END;

CREATE MACRO plain_name(cell) AS lower(replace(cell, ' ', ''));

-- A diagnosis without its grade, risk group and remarks in brackets.
CREATE MACRO diagnosis_name(cell) AS
    lower(regexp_replace(regexp_replace(replace(cell, ' ', ''), '\(.*?\)', '', 'g'),
        '([0-9ⅠⅡⅢ]|I{1,3})级|(极?高|很高|中|低)危组?', '', 'g'));

-- Pieces of a diagnosis in free text: numbered lists, then what separators part.
CREATE MACRO split_diagnoses(cell) AS
    list_filter(
        list_transform(
            string_split_regex(regexp_replace(cell, '(^|[\s;,、。])\(?[1-9][0-9]?[.、)]\s*([^0-9\s]|[12]型)', '\1' || chr(31) || '\2', 'g'), '[' || chr(31) || ';]'),
            lambda piece: trim(piece, ' ,、。;')),
        lambda piece: piece <> '');

-- Drugs ----------------------------------------------------------------------------------------------------------

CREATE MACRO drug_text(cell) AS lower(regexp_replace(replace(cell, ' ', ''), '\(.*?\)|\[.*?\]|【.*?】', '', 'g'));

-- Ingredients that are not part of a longer one found.
CREATE MACRO outermost(found) AS
    list_filter(found, lambda x: len(list_filter(found, lambda y: y.name <> x.name AND contains(y.name, x.name))) = 0);

-- What remains of a product's name without its ingredients, salts, dose forms and strengths.
CREATE MACRO drug_rest(name, kept) AS
    regexp_replace(regexp_replace(
        list_reduce(list_concat([name], list_transform(kept, lambda x: x.name)), lambda rest, part: replace(rest, part, '')),
        getvariable('drug_words'), '', 'g'), '[0-9.]+(mg|g|ml|ug|μg|iu|u|%|:|/|×|x|\*)*|[-/、,·:+×*%]|(i{1,3}|iv|ⅰ|ⅱ)$', '', 'g');
