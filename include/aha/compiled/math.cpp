// The bodies of aha/reward/math, and of what it reads numbers with, that aha::compiled holds.
#include <aha/reward/answer_value.ipp>
#include <aha/reward/exact_number.ipp>
#include <aha/reward/math/approximate.ipp>
#include <aha/reward/math/equality.ipp>
#include <aha/reward/math/evaluate.ipp>
#include <aha/reward/math/exact_value.ipp>
#include <aha/reward/math/expression.ipp>
#include <aha/reward/math/extraction.ipp>
#include <aha/reward/math/formula_parser.ipp>
#include <aha/reward/math/lexer.ipp>
#include <aha/reward/math/math_verifier.ipp>
#include <aha/reward/math/names.ipp>
#include <aha/reward/math/parser.ipp>
#include <aha/reward/math/reader.ipp>
#include <aha/reward/math/real_sets.ipp>
#include <aha/reward/math/same_answer.ipp>
#include <aha/reward/math/trailing_units.ipp>
