// The bodies of aha/data that aha::compiled holds.
#include <aha/data/addition_prompts.ipp>
#include <aha/data/curriculum_prompts.ipp>
#include <aha/data/example_rows.ipp>
#include <aha/data/jsonl_index.ipp>
#include <aha/data/jsonl_prompts.ipp>
#include <aha/data/jsonl_reader.ipp>
#include <aha/data/mixed_prompts.ipp>
#include <aha/data/row_fields.ipp>
#include <aha/data/row_shapes.ipp>
#include <aha/data/row_texts.ipp>
#include <aha/data/shards.ipp>
#include <aha/data/shuffled_order.ipp>
#include <aha/data/task_rows.ipp>
#include <aha/data/unpacked_file.ipp>
