-- Here one process has the store: there are no nodes.
SELECT 1;
