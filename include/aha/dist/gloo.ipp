#pragma once

#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <string>
#if defined(USE_C10D_GLOO) && __has_include(<gloo/context.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include <aha/dist/gloo.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/dist/join_ranks.hpp>

namespace aha {

AHA_INLINE process_group join_with_gloo(const group_options& options, const rank_environment& here) {
    options.validate();
    if (here.size == 1) return {};
#if !defined(USE_C10D_GLOO) || !__has_include(<gloo/context.h>)
    fail("this is rank ", here.rank, " of ", here.size,
         ", but the program was compiled without Gloo: install Debian's ", "libgloo-dev and compile again");
#else
    return detail::join_ranks(options, here, c10::Device{c10::kCPU},
                              [&](const c10::intrusive_ptr<c10d::Store>& store, std::chrono::milliseconds patience) {
                                  const auto gloo = c10d::ProcessGroupGloo::Options::create(patience);
                                  const std::string card = detail::environment_text("GLOO_SOCKET_IFNAME");
                                  gloo->devices.push_back(card.empty()
                                                              ? c10d::ProcessGroupGloo::createDefaultDevice()
                                                              : c10d::ProcessGroupGloo::createDeviceForInterface(card));
                                  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, here.rank, here.size, gloo);
                              });
#endif
}

}  // namespace aha
