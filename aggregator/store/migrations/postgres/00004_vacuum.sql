-- +goose Up

-- A vacuum reads a table's indices as a whole, however little in them is dead, and
-- what is dead seldom has to wait for it: who reads a page sweeps it up, and who finds
-- no room in a page of an index. So it comes when half of the rows were written
-- anew, and not a fiftieth, where the vacuums of a million rows cost as much as a
-- sixth of what the claims did, and all the time while a snapshot is held. What the
-- planner knows is looked up when all were; of a state it has to know nothing.
ALTER TABLE host_sched SET (autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1);
ALTER TABLE source_sched SET (autovacuum_vacuum_scale_factor = 0.5, autovacuum_analyze_scale_factor = 1);
ALTER TABLE source_sched ALTER COLUMN state SET STATISTICS 0;
