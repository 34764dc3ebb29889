-- SPDX-License-Identifier: GPL-3.0-or-later
-- Past one machine: run once on the coordinator after `tessera-headend init`, in the schema of the head-end
-- (CREATE EXTENSION citus first). Every key of these tables begins with its shard of 4,096 cards, so
-- that all of a card lies on one worker and joins by (shard, leaf) stay there.
SELECT create_distributed_table('card', 'shard');
SELECT create_distributed_table('entitlement', 'shard', colocate_with => 'card');
SELECT create_distributed_table('topup', 'shard', colocate_with => 'card');
SELECT create_distributed_table('record', 'shard', colocate_with => 'card');
SELECT create_distributed_table('alarm', 'shard', colocate_with => 'card');
SELECT create_distributed_table('box', 'shard', colocate_with => 'card');
SELECT create_distributed_table('domain_key', 'shard', colocate_with => 'card');
SELECT create_distributed_table('outbox', 'shard', colocate_with => 'card');
SELECT create_distributed_table('account', 'shard', colocate_with => 'card');
SELECT create_distributed_table('fold', 'shard', colocate_with => 'card');
SELECT create_distributed_table('refund', 'shard', colocate_with => 'card');
SELECT create_distributed_table('topup_code', 'shard', colocate_with => 'card');
SELECT create_distributed_table('payout', 'shard', colocate_with => 'card');
SELECT create_distributed_table('confirmation', 'shard', colocate_with => 'card');
SELECT create_distributed_table('granted', 'shard', colocate_with => 'card');
SELECT create_distributed_table('pin_reset', 'shard', colocate_with => 'card');
SELECT create_distributed_table('slot_account', 'shard', colocate_with => 'card');
SELECT create_distributed_table('slot_topup', 'shard', colocate_with => 'card');
-- By its own key, since a voucher belongs to no card before it is redeemed.
SELECT create_distributed_table('voucher', 'hash');
-- Small, read everywhere: a copy on each worker.
SELECT create_reference_table('meta');
SELECT create_reference_table('product');
SELECT create_reference_table('service');
SELECT create_reference_table('service_product');
SELECT create_reference_table('event');
SELECT create_reference_table('slot');
SELECT create_reference_table('event_history');
SELECT create_reference_table('event_terms');
SELECT create_reference_table('slice_history');
SELECT create_reference_table('epoch');
SELECT create_reference_table('voucher_try');
SELECT create_reference_table('root_emm');
