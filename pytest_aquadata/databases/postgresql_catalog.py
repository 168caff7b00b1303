"""The catalog of a PostgreSQL database, without the objects of the server and of extensions."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from .catalog import DatabaseObject, Namespace, Reference

_SCHEMA = "nullif(n.nspname, current_schema())"
_USERS = r"n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_NOT_OF_EXTENSION = """NOT EXISTS (SELECT 1 FROM pg_depend d
    WHERE d.classid = '{catalog}'::regclass AND d.objid = {oid} AND d.deptype = 'e')"""
_COLUMNS = """(SELECT string_agg(format('%s %s %s %s %s %s', quote_ident(a.attname),
        format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
        pg_get_expr(v.adbin, v.adrelid)), ', ' ORDER BY a.attnum)
    FROM pg_attribute a LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"""
_RELATIONS = f"""
    SELECT {_SCHEMA}, c.relname,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
    WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'c' THEN 'type' WHEN 'f' THEN 'foreign table'
    ELSE 'table' END,
    CASE WHEN c.relkind IN ('r', 'p') THEN concat(c.relkind, c.relrowsecurity, {_COLUMNS})
    WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid)
    WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END,
    (SELECT t.relname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
     WHERE i.indexrelid = c.oid), false
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_USERS} AND c.relkind <> 't'
    AND {_NOT_OF_EXTENSION.format(catalog="pg_class", oid="c.oid")}
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
        AND d.objid = c.oid AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))"""
_TYPES = f"""
    SELECT {_SCHEMA}, y.typname, 'type', '', NULL, false
    FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace
    WHERE {_USERS} AND y.typtype IN ('d', 'e', 'r')
    AND {_NOT_OF_EXTENSION.format(catalog="pg_type", oid="y.oid")}"""
_CONSTRAINTS = f"""
    SELECT {_SCHEMA}, k.conname, 'constraint', pg_get_constraintdef(k.oid), c.relname, false
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_USERS} AND k.contype <> 'n'
    AND {_NOT_OF_EXTENSION.format(catalog="pg_class", oid="c.oid")}"""
_TRIGGERS = f"""
    SELECT {_SCHEMA}, t.tgname, 'trigger', pg_get_triggerdef(t.oid), c.relname,
    t.tgenabled <> 'D' AND (t.tgtype & 56) <> 0
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_USERS} AND NOT t.tgisinternal
    AND {_NOT_OF_EXTENSION.format(catalog="pg_class", oid="c.oid")}"""
_RULES = f"""
    SELECT {_SCHEMA}, r.rulename, 'rule', pg_get_ruledef(r.oid), c.relname,
    r.ev_type IN ('2', '4')
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_USERS} AND r.rulename <> '_RETURN'
    AND {_NOT_OF_EXTENSION.format(catalog="pg_class", oid="c.oid")}"""
_FUNCTIONS = f"""
    SELECT {_SCHEMA}, p.proname, 'function', pg_get_function_identity_arguments(p.oid), NULL, false
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {_USERS} AND {_NOT_OF_EXTENSION.format(catalog="pg_proc", oid="p.oid")}"""
_IN_RELATIONS = ("table", "view", "materialized view", "sequence", "index", "type", "foreign table")
_QUERIES = (_RELATIONS, _TYPES, _CONSTRAINTS, _TRIGGERS, _RULES, _FUNCTIONS)
_REFERENCES = """
    SELECT nullif(n.nspname, current_schema()), c.relname, t.relname,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, position)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY position),
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(number, position)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY position)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0
    AND t.relnamespace = quote_ident(current_schema())::regnamespace
    ORDER BY 1 NULLS FIRST, 2, k.conname"""


def postgresql_objects(connection: sa.Connection) -> list[DatabaseObject]:
    """Return all objects of a database in any schema."""
    rows = [row for query in _QUERIES for row in connection.execute(sa.text(query))]
    return [
        DatabaseObject(
            kind,
            name,
            definition or "",
            Namespace.RELATIONS if kind in _IN_RELATIONS and schema is None else None,
            table,
            schema,
            fires,
        )
        for schema, name, kind, definition, table, fires in rows
    ]


def postgresql_references(connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
    """Return the foreign keys of all schemas to some tables."""
    names = set(targets)
    return [
        Reference(table, tuple(columns), target, tuple(target_columns), schema)
        for schema, table, target, columns, target_columns in connection.execute(
            sa.text(_REFERENCES)
        )
        if target in names
    ]
