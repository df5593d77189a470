/* What a driver without a GPU does: a script, read once, and what it says of the devices.

   The script is the file that FAKE_NVML names, a statement a line. `gpu` and `mig` begin a device; what follows is its own:

     driver VERSION                    cuda NUMBER                  of the whole machine
     gpu UUID BYTES NAME               mig UUID BYTES NAME          in the order of their PCI bus ids; a MIG device after its GPU
     memory SECONDS BYTES              in use from that second on: a step of its curve
     memory_file PATH                  in use: the number in that file
     reserved BYTES                    the driver's own reserve
     process PID|parent BYTES|none     one that computes on it; `parent`: of the process that asks
     counter FIELD FROM TO SHARE       nanoseconds that grow by SHARE of the time from one second to another
     energy MILLIJOULES WATTS [REFRESH] what it has used so far, and what it uses; told anew every REFRESH seconds
     clock SM MEMORY                   power_limit MILLIWATTS       temperature CELSIUS       ecc 0|1     persistence 0|1
     fail SYMBOL CODE                  of the whole machine: that function returns the code
     slow SYMBOL MILLISECONDS          … takes so long
     hang SYMBOL SECONDS               … never returns, from that second on
     gone SECONDS                      … every device is lost from that second on

   Seconds are since the library was initialised. Built with -DOLD_DRIVER it lacks what an old driver lacks. */

#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, NO_PERMISSION, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, IS_LOST = 15 };
enum { MANY = 64, TEXT = 256 };

typedef struct { double seconds; uint64_t bytes; } Step;
typedef struct { char pid[32], bytes[32]; } Process;
typedef struct { unsigned field; double from, to, share; } Counter;
typedef struct Device {
    char uuid[TEXT], name[TEXT], memory_file[TEXT];
    uint64_t total, reserved;
    struct Device *parent;
    Step steps[MANY]; int step_count;
    Process processes[MANY]; int process_count;
    Counter counters[MANY]; int counter_count;
    double energy_millijoules, watts, refresh_seconds;
    unsigned sm_clock, memory_clock, power_limit, temperature, ecc, persistence;
} Device;
typedef struct { char symbol[TEXT], what[16]; double number; } Fault;

static Device devices[MANY];
static int device_count;
static Fault faults[MANY];
static int fault_count, is_initialised;
static double gone_seconds = -1;
static char driver[TEXT] = "610.43.02";
static int cuda = 13010;
static struct timespec start;

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9;
}

static void parse(char *line) {
    char word[TEXT], text[TEXT];
    double number;
    Device *device = device_count ? &devices[device_count - 1] : NULL;
    if (sscanf(line, "%255s", word) != 1 || word[0] == '#') return;
    if (!strcmp(word, "driver")) sscanf(line, "%*s %255s", driver);
    else if (!strcmp(word, "cuda")) sscanf(line, "%*s %d", &cuda);
    else if (!strcmp(word, "gpu") || !strcmp(word, "mig")) {
        Device *parent = NULL;
        for (int index = device_count; word[0] == 'm' && !parent && index--;) if (!devices[index].parent) parent = &devices[index];
        device = &devices[device_count++];
        *device = (Device){.parent = parent, .temperature = 40, .power_limit = 700000, .sm_clock = 1980, .memory_clock = 2619};
        device->energy_millijoules = -1;
        sscanf(line, "%*s %255s %lu %255[^\n]", device->uuid, &device->total, device->name);
    } else if (!strcmp(word, "gone")) sscanf(line, "%*s %lf", &gone_seconds);
    else if (!strcmp(word, "fail") || !strcmp(word, "slow") || !strcmp(word, "hang")) {
        Fault *fault = &faults[fault_count++];
        strcpy(fault->what, word);
        sscanf(line, "%*s %255s %lf", fault->symbol, &fault->number);
    } else if (!strcmp(word, "memory")) {
        Step *step = &device->steps[device->step_count++];
        sscanf(line, "%*s %lf %lu", &step->seconds, &step->bytes);
    } else if (!strcmp(word, "memory_file")) sscanf(line, "%*s %255s", device->memory_file);
    else if (!strcmp(word, "reserved")) sscanf(line, "%*s %lu", &device->reserved);
    else if (!strcmp(word, "process")) {
        Process *process = &device->processes[device->process_count++];
        sscanf(line, "%*s %31s %31s", process->pid, process->bytes);
    } else if (!strcmp(word, "counter")) {
        Counter *counter = &device->counters[device->counter_count++];
        sscanf(line, "%*s %u %lf %lf %lf", &counter->field, &counter->from, &counter->to, &counter->share);
    } else if (!strcmp(word, "energy")) sscanf(line, "%*s %lf %lf %lf", &device->energy_millijoules, &device->watts, &device->refresh_seconds);
    else if (!strcmp(word, "clock")) sscanf(line, "%*s %u %u", &device->sm_clock, &device->memory_clock);
    else if (sscanf(line, "%255s %lf", text, &number) != 2) { fprintf(stderr, "fake driver: %s", line); exit(70); }
    else if (!strcmp(word, "power_limit")) device->power_limit = number;
    else if (!strcmp(word, "temperature")) device->temperature = number;
    else if (!strcmp(word, "ecc")) device->ecc = number;
    else if (!strcmp(word, "persistence")) device->persistence = number;
    else { fprintf(stderr, "fake driver: unknown statement: %s", line); exit(70); }
}
