#pragma once

// What tests without tensors include, compiled once; AHA_TEST_PCH_ALL is the build's (tests/precompiled.cmake).
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>

#ifdef AHA_TEST_PCH_ALL
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/combine.hpp>
#include <aha/reward/countdown.hpp>
#include <aha/reward/format.hpp>
#include <aha/reward/majority.hpp>
#include <aha/reward/multiple_choice.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/text/assistant_turns.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/text/stream_decoder.hpp>
#include <aha/text/tokenizer_json.hpp>
#include <aha/text/tokenizer_model.hpp>
#endif
