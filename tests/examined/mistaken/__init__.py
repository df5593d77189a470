"""What people write by mistake, or in another way than a framework does: for planted faults, a file for each framework."""
