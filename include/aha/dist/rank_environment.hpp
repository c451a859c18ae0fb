#pragma once

#include <string>

namespace aha {

/// Which of how many processes this one is, and where they meet, as a launcher says it in the environment.
struct rank_environment {
    int rank = 0;                 ///< of this process, counted from 0
    int size = 1;                 ///< processes of the run; 1: nobody to meet
    int local_rank = 0;           ///< among the processes of this machine: which GPU it takes
    std::string address;          ///< host on which they meet
    int port = 0;                 ///< TCP port there
    bool launcher_hosts = false;  ///< the launcher keeps the meeting place, else rank 0 does
    std::string attempt;          ///< differs between starts of one run, so that a restarted rank meets no leftovers
};

namespace detail {

std::string environment_text(const char* name);

}  // namespace detail

/// What torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT) or a step of Slurm's srun (SLURM_PROCID,
/// SLURM_STEP_NUM_TASKS, SLURM_LOCALID; the first host of its list, and a port made of the job's number, unless
/// MASTER_ADDR and MASTER_PORT say otherwise) set; one process where neither did. Throws `aha::error` for a variable
/// that is missing or makes no sense.
rank_environment read_rank_environment();

/// Whether this process writes what all ranks hold in common: files, a saved model. True for the first rank, and where
/// there is only one process.
inline bool is_first_rank() { return read_rank_environment().rank == 0; }

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/dist/rank_environment.ipp>
#endif
