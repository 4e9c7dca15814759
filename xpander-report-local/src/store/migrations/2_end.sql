DROP TABLE revisions_1;
DROP TABLE responses_1;
DROP TABLE tasks_1;
DROP TABLE agents_1;
