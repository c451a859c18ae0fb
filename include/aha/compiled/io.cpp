// The bodies of aha/io that aha::compiled holds.
#include <aha/io/completions_file.ipp>
#include <aha/io/examples_file.ipp>
#include <aha/io/folder_checkpoints.ipp>
#include <aha/io/folder_lock.ipp>
#include <aha/io/interrupt.ipp>
#include <aha/io/progress_line.ipp>
#include <aha/io/run_report.ipp>
#include <aha/io/step_lines.ipp>
#include <aha/io/teacher_cache.ipp>
#include <aha/io/teacher_cache_writer.ipp>
#include <aha/io/tensorboard_writer.ipp>
