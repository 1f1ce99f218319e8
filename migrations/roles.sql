-- One role per service, each with the rights it needs and no others. Whoever owns the database
-- applies this after every migration (runtime/postgres/roles.py); repeating it changes nothing.
--
-- A service owns its own schema: the projector replaces tables of the read models, which can
-- be rebuilt, and cannot touch what the notifier has sent. The query service only reads.

DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['practix_projector', 'practix_notifier', 'practix_query_api'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service) THEN
            EXECUTE format('CREATE ROLE %I', service);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
            service
        );
        EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), service);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', service);
        EXECUTE format('GRANT SELECT ON public.schema_migrations, public.read_models TO %I', service);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    -- It makes and rebuilds read models in schemas beside those that are there.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO practix_projector', current_database());
END
$$;

GRANT INSERT, UPDATE, DELETE ON public.read_models TO practix_projector;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Bounds that hold even if a service forgets its own. A link that goes silent in a transaction
-- leaves its locks behind for so long. What computes between two statements (verify's
-- snapshot, a change of formula) allows itself more.
ALTER ROLE practix_projector CONNECTION LIMIT 27;
ALTER ROLE practix_projector SET statement_timeout = '10min';
ALTER ROLE practix_projector SET lock_timeout = '30s';
ALTER ROLE practix_projector SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE practix_notifier CONNECTION LIMIT 30;
ALTER ROLE practix_notifier SET statement_timeout = '60s';
ALTER ROLE practix_notifier SET lock_timeout = '30s';
ALTER ROLE practix_notifier SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE practix_query_api CONNECTION LIMIT 40;
ALTER ROLE practix_query_api SET statement_timeout = '15s';
ALTER ROLE practix_query_api SET lock_timeout = '5s';
ALTER ROLE practix_query_api SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE practix_query_api SET default_transaction_read_only = on;

-- Sessions whose client's machine is gone end within two minutes, and give their place back.
DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['practix_projector', 'practix_notifier', 'practix_query_api'] LOOP
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = 30', service);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = 10', service);
        EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = 3', service);
        EXECUTE format('ALTER ROLE %I SET tcp_user_timeout = 60000', service);
    END LOOP;
END
$$;

DO $$
DECLARE
    own record;
    thing record;
BEGIN
    FOR own IN
        SELECT nspname::text, 'practix_projector' AS owner FROM pg_namespace
        WHERE nspname = 'read_model' OR nspname LIKE 'read\_model\_%'
        UNION ALL SELECT 'notifier', 'practix_notifier'
    LOOP
        EXECUTE format('ALTER SCHEMA %I OWNER TO %I', own.nspname, own.owner);
        FOR thing IN
            SELECT relname FROM pg_class
            WHERE relnamespace = own.nspname::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
              AND relowner <> own.owner::regrole
        LOOP
            EXECUTE format('ALTER TABLE %I.%I OWNER TO %I', own.nspname, thing.relname, own.owner);
        END LOOP;
        FOR thing IN
            SELECT oid::regprocedure AS signature FROM pg_proc
            WHERE pronamespace = own.nspname::regnamespace AND proowner <> own.owner::regrole
        LOOP
            EXECUTE format('ALTER FUNCTION %s OWNER TO %I', thing.signature, own.owner);
        END LOOP;
    END LOOP;
END
$$;

-- Projector and notifier take the texts of erased people out of the write-ahead log. Only a
-- superuser can give these rights. Without them the server's own checkpoints do it.
DO $$
BEGIN
    GRANT pg_checkpoint TO practix_projector, practix_notifier;
    GRANT EXECUTE ON FUNCTION pg_catalog.pg_switch_wal() TO practix_projector, practix_notifier;
EXCEPTION
    WHEN insufficient_privilege OR undefined_object THEN
        RAISE NOTICE 'nobody but the owner renews the write-ahead log: %', SQLERRM;
END
$$;

-- Of the notifier's, the query service reads what people may fetch of their own, and no more.
GRANT USAGE ON SCHEMA notifier TO practix_query_api;
GRANT SELECT ON notifier.own_notices, notifier.own_notice_causes, notifier.own_preferences,
    notifier.operator_acts TO practix_query_api;
-- And the projector what it copies for analysts.
GRANT USAGE ON SCHEMA notifier TO practix_projector;
GRANT SELECT ON notifier.notices_to_copy, notifier.clicks_to_copy, notifier.epoch_to_copy
    TO practix_projector;
-- The query service writes down each use of the history. Nobody changes or deletes what is written there.
GRANT USAGE ON SCHEMA access TO practix_query_api;
GRANT SELECT, INSERT ON access.uses_of_history TO practix_query_api;
GRANT USAGE ON SCHEMA access TO practix_projector;
GRANT SELECT, INSERT ON access.dropped_events TO practix_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.saved_questions TO practix_query_api;
GRANT INSERT ON access.operator_acts TO practix_projector;
GRANT SELECT ON access.operator_acts TO practix_query_api;

-- The read models of every shape. What a rebuild or another build makes later, the projector
-- itself lets the query service read.
DO $$
DECLARE
    schema name;
BEGIN
    FOR schema IN
        SELECT nspname FROM pg_namespace
        WHERE nspname = 'read_model' OR nspname LIKE 'read\_model\_%'
    LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO practix_query_api', schema);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO practix_query_api', schema);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE practix_projector IN SCHEMA %I '
            'GRANT SELECT ON TABLES TO practix_query_api', schema
        );
    END LOOP;
END
$$;
