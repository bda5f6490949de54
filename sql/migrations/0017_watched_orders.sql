-- An order that was proven absent is watched for a day, also by the gateways that come after the one that proved it. They find the few
-- there are without looking at a day of orders.
set local role floor_owner;
create index order_state_void on order_state (updated_at) where state = 'VOID';
reset role;
