-- A token of which venue and record do not hold the same is compared again every minute until they do.
set local role floor_owner;
alter table reconciliations drop constraint reconciliations_why_check;
alter table reconciliations add constraint reconciliations_why_check check (why in ('start', 'reconnect', 'hourly', 'asked', 'drift'));
reset role;
