-- +goose Up

-- A row that is written anew has a new entry in each index, beside the old one where
-- the index does not go by what was changed. In a full page there is no room for it,
-- and the server looks through the table for what is dead, a little at a time: that
-- was a fifth of what a poll costs it. Half of a page is left free.
ALTER INDEX host_sched_pkey SET (fillfactor = 50);
ALTER INDEX source_sched_pkey SET (fillfactor = 50);
ALTER INDEX source_sched_host SET (fillfactor = 50);
