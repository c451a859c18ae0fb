// The bodies of aha/pretrained that aha::compiled holds.
#include <aha/pretrained/gguf.ipp>
#include <aha/pretrained/gguf_cursor.ipp>
#include <aha/pretrained/gguf_text.ipp>
#include <aha/pretrained/pretrained.ipp>
#include <aha/pretrained/pretrained_writer.ipp>
#include <aha/pretrained/safetensors.ipp>
#include <aha/pretrained/weights.ipp>
